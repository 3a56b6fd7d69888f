/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD's product lines: each has a root of its own and its own order of the TCB's components. A new
 * line is one row in product.c.
 */
#ifndef TOOLS_EVIDENCE_SNP_PRODUCT_H
#define TOOLS_EVIDENCE_SNP_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SNP_TCB_LEN 8u /* TCB_VERSION: a byte a component, the order is the product line's */

enum snp_product { SNP_MILAN, SNP_GENOA, SNP_TURIN, SNP_PRODUCTS };

/* What can be updated on its own; each is compared on its own. */
enum snp_component {
	SNP_FMC, /* Turin alone */
	SNP_BOOTLOADER,
	SNP_TEE,
	SNP_SNP,
	SNP_MICROCODE,
	SNP_COMPONENTS,
	SNP_NO_COMPONENT = SNP_COMPONENTS, /* a reserved byte */
};

/* The name in certificates, KDS addresses and policies: "Milan". */
const char *snp_product_name(enum snp_product p);
/* The line with this name of len characters; false when there is none. */
bool snp_product_from_name(const char *name, size_t len, enum snp_product *out);
/* The line of a processor; false for one that no line here covers. */
bool snp_product_from_cpuid(uint8_t family, uint8_t model, enum snp_product *out);

/* The name in policies: "microcode". */
const char *snp_component_name(enum snp_component c);
/* Which component byte i (below SNP_TCB_LEN) of a TCB_VERSION is; SNP_NO_COMPONENT: reserved. */
enum snp_component snp_component_of_byte(enum snp_product p, size_t i);
/* Whether the product line has this component. */
bool snp_product_has(enum snp_product p, enum snp_component c);
/* The last number of the OID 1.3.6.1.4.1.3704.1.3.N under which certificates give byte i. */
unsigned snp_spl_of_byte(enum snp_product p, size_t i);
/* The bytes of CHIP_ID that are in use; the others are zero. */
size_t snp_chip_id_len(enum snp_product p);

#endif
