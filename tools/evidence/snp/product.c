/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/product.h"

#include <string.h>

/* A byte of a TCB_VERSION, and the number of its OID in certificates. */
struct tcb_byte {
	enum snp_component component;
	unsigned spl;
};

struct product {
	const char *name;
	size_t chip_id_len;
	struct tcb_byte tcb[SNP_TCB_LEN];
};

/* What came before Turin. */
#define TCB_WITHOUT_FMC                                                                          \
	{                                                                                        \
		{SNP_BOOTLOADER, 1}, {SNP_TEE, 2}, {SNP_NO_COMPONENT, 4}, {SNP_NO_COMPONENT, 5}, \
			{SNP_NO_COMPONENT, 6}, {SNP_NO_COMPONENT, 7}, {SNP_SNP, 3},              \
			{SNP_MICROCODE, 8},                                                      \
	}

static const struct product products[SNP_PRODUCTS] = {
	[SNP_MILAN] = {"Milan", 64, TCB_WITHOUT_FMC},
	[SNP_GENOA] = {"Genoa", 64, TCB_WITHOUT_FMC},
	[SNP_TURIN] = {"Turin", 8,
		{{SNP_FMC, 9}, {SNP_BOOTLOADER, 1}, {SNP_TEE, 2}, {SNP_SNP, 3},
			{SNP_NO_COMPONENT, 5}, {SNP_NO_COMPONENT, 6}, {SNP_NO_COMPONENT, 7},
			{SNP_MICROCODE, 8}}},
};

/* Families and models with the extended parts added in; both ends included. */
static const struct {
	uint8_t family, first_model, last_model;
	enum snp_product product;
} processors[] = {
	{0x19, 0x00, 0x0f, SNP_MILAN},
	{0x19, 0x10, 0x1f, SNP_GENOA},
	{0x19, 0xa0, 0xaf, SNP_GENOA}, /* Bergamo and Siena, under Genoa's keys */
	{0x1a, 0x00, 0x11, SNP_TURIN},
};

static const char *const component_names[SNP_COMPONENTS] = {
	[SNP_FMC] = "fmc",
	[SNP_BOOTLOADER] = "bootloader",
	[SNP_TEE] = "tee",
	[SNP_SNP] = "snp",
	[SNP_MICROCODE] = "microcode",
};

const char *snp_product_name(enum snp_product p)
{
	return products[p].name;
}

bool snp_product_from_name(const char *name, size_t len, enum snp_product *out)
{
	for (unsigned p = 0; p < SNP_PRODUCTS; p++) {
		if (strlen(products[p].name) != len || memcmp(products[p].name, name, len) != 0)
			continue;
		*out = (enum snp_product)p;
		return true;
	}
	return false;
}

bool snp_product_from_cpuid(uint8_t family, uint8_t model, enum snp_product *out)
{
	for (size_t i = 0; i < sizeof(processors) / sizeof(processors[0]); i++) {
		if (family != processors[i].family || model < processors[i].first_model ||
			model > processors[i].last_model)
			continue;
		*out = processors[i].product;
		return true;
	}
	return false;
}

const char *snp_component_name(enum snp_component c)
{
	return component_names[c];
}

enum snp_component snp_component_of_byte(enum snp_product p, size_t i)
{
	return products[p].tcb[i].component;
}

bool snp_product_has(enum snp_product p, enum snp_component c)
{
	for (size_t i = 0; i < SNP_TCB_LEN; i++)
		if (products[p].tcb[i].component == c)
			return true;
	return false;
}

unsigned snp_spl_of_byte(enum snp_product p, size_t i)
{
	return products[p].tcb[i].spl;
}

size_t snp_chip_id_len(enum snp_product p)
{
	return products[p].chip_id_len;
}
