/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD's part, played by a test: a root (ARK), an intermediate (ASK or ASVK), a key of a chip or of
 * a cloud (VCEK, VLEK), reports that this key signs, a host's table of certificates, a revocation
 * list. All as AMD makes them but for the size of the RSA keys, 2048 bits. What a test wants wrong
 * it changes in the spec before making the chain, or in the report before signing it.
 *
 * Two chains that are made one after the other share no key; a third one may have the first one's
 * RSA keys. It aborts with a sentence when OpenSSL fails. A struct snp_pki is the caller's: make,
 * use, free.
 */
#ifndef TESTS_INTEROP_EVIDENCE_SNP_PKI_H
#define TESTS_INTEROP_EVIDENCE_SNP_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "tools/evidence/snp/report.h"

struct snp_pki_spec {
	enum snp_product product;
	enum snp_key key;
	uint8_t tcb[SNP_TCB_LEN]; /* of the certificate, and of the reports */
	uint8_t chip_id[SNP_CHIP_ID_LEN];
	const char *csp; /* in a VLEK's certificate; NULL: none */
	bool hwid;	 /* in a VCEK's certificate */
	bool hwid_wrapped;
	int64_t not_before_s, not_after_s;    /* of all certificates */
	const char *ark_name, *ask_name;      /* common names */
	const char *product_name;	      /* in the VEK's certificate */
	bool hwid_twice, ask_is_no_ca, pkcs1; /* wrong ones; pkcs1: no PSS */
	bool vek_by_ark, ark_by_ask;	      /* who signs */
	bool p256;			      /* the VEK's key is not on P-384 */
};

struct snp_pki {
	struct snp_pki_spec spec;
	EVP_PKEY *ark_key, *ask_key, *vek_key;
	X509 *ark, *ask, *vek;
};

/* What AMD would make: valid from a day before now_s for a year. */
struct snp_pki_spec snp_pki_spec(enum snp_product product, enum snp_key key, int64_t now_s);

void snp_pki_make(struct snp_pki *p, const struct snp_pki_spec *spec);
void snp_pki_free(struct snp_pki *p);

/* A good report, version 5 at VMPL 0, with these report data, signed. */
void snp_pki_report(const struct snp_pki *p, const uint8_t report_data[SNP_REPORT_DATA_LEN],
	uint8_t out[SNP_REPORT_LEN]);
/* Signs a report anew, after a change. */
void snp_pki_sign(const struct snp_pki *p, uint8_t report[SNP_REPORT_LEN]);

/* The host's table with ARK, ASK and the key's certificate; its length. */
#define SNP_PKI_TABLE_CAP 8192u
size_t snp_pki_table(const struct snp_pki *p, uint8_t out[SNP_PKI_TABLE_CAP]);

/* Writes a certificate as PEM. */
void snp_pki_write(const X509 *cert, const char *path);
/* Writes the ARK's revocation list as PEM: empty, or with the ASK in it. */
void snp_pki_write_crl(const struct snp_pki *p, bool revoke_ask, int64_t this_update_s,
	int64_t next_update_s, const char *path);

#endif
