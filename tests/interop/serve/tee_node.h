/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nodes whose processors report what runs, for tests of the join service: AMD and Intel are the
 * tests' own (tests/interop/evidence), Azure's paravisor is played by this file. The whole join
 * goes over real TLS, with swtpm where there is a TPM.
 */
#ifndef TESTS_INTEROP_SERVE_TEE_NODE_H
#define TESTS_INTEROP_SERVE_TEE_NODE_H

#include "tests/interop/evidence/snp_pki.h"
#include "tests/interop/evidence/tdx_pki.h"
#include "tests/interop/serve/setting.h"

#define TEE(type) (1u << ((type)-1u))
#define TEE_VM_ID "6332533D-5649-4D02-8AA7-8F64B7C3EE21" /* the paravisor's word */

/* A node: what it sends, and what is wrong with it. */
struct tee_node {
	struct machine *tpm;			  /* NULL: none */
	unsigned kinds;				  /* TEE(): beside the TPM's quote */
	const struct snp_pki *amd;		  /* who signs; NULL: tee_amd */
	const struct tdx_pki *intel;		  /* NULL: tee_intel */
	enum { OF_NOW, OF_BEFORE, OF_BOOT } made; /* for which connection the reports are made */
	bool quote_of_before;			  /* the TPM's */
	bool on_tdx;				  /* the paravisor runs on TDX */
	const struct machine *paravisor_of;	  /* whose key its claims name; NULL: tpm's */
	/* Changes of what the hardware says, before it signs; NULL: none. */
	void (*change_snp)(uint8_t report[SNP_REPORT_LEN]);
	void (*change_tdx)(struct tdx_quote_spec *q);
	const char *secure_boot; /* the paravisor's word; NULL: "true" */
};

extern struct snp_pki tee_amd;
extern struct tdx_pki tee_intel;

/* Makes both chains, and their files in the setting's folder. After setting_open(). */
void tee_open(void);
void tee_close(void);
/* What the node sends on this connection; good until the next call. evidence_free() ends it. */
void tee_evidence(const struct tee_node *n, const struct client *c, const uint8_t disk[DISK_ID_LEN],
	struct evidence *e);
/* A whole join, with COMMIT; the code of the denial, 0 for an ACK, 0xffff at a lost connection. */
uint16_t tee_boot(const struct tee_node *n, const uint8_t disk[DISK_ID_LEN], struct outcome *out);

#endif
