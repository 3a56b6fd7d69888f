/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/serve/tee_node.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/digest.h"
#include "tools/evidence/tpm/public.h"
#include "tools/lib/hex.h"

#define HCL_HARDWARE 0x20u
#define HCL_HEAD     0x4c0u
#define HCL_CLAIMS   0x4d4u
#define TDREPORT_AT  0x80u /* report data in a TDREPORT */

struct snp_pki tee_amd;
struct tdx_pki tee_intel;

/* What was made for one message. */
static struct {
	uint8_t item[EVIDENCE_TYPES][SNP_TABLE_MAX + HCL_REPORT_MAX + TDX_QUOTE_MAX];
	uint8_t table[SNP_PKI_TABLE_CAP];
	uint8_t quote[TDX_QUOTE_LONGEST];
	uint8_t hcl[HCL_REPORT_MAX];
} made;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "the test's node: %s\n", what);
	exit(1);
}

static void write_cert(const X509 *cert, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", at.folder, name);
	snp_pki_write(cert, path);
}

void tee_open(void)
{
	int64_t now_s = (int64_t)time(NULL);
	struct snp_pki_spec amd = snp_pki_spec(SNP_GENOA, SNP_KEY_VCEK, now_s);
	struct tdx_pki_spec intel = tdx_pki_spec(now_s);
	struct tdx_collateral_spec collateral = tdx_collateral_spec(now_s);

	snp_pki_make(&tee_amd, &amd);
	write_cert(tee_amd.ark, "ark.pem");
	write_cert(tee_amd.ask, "ask.pem");
	write_cert(tee_amd.vek, "vcek.pem");
	tdx_pki_make(&tee_intel, &intel);
	tdx_pki_write_all(&tee_intel, &collateral, at.folder);
}

void tee_close(void)
{
	snp_pki_free(&tee_amd);
	tdx_pki_free(&tee_intel);
}

static const struct snp_pki *amd_of(const struct tee_node *n)
{
	return n->amd ? n->amd : &tee_amd;
}

static void make_report(const struct tee_node *n, const uint8_t data[SNP_REPORT_DATA_LEN],
	uint8_t out[SNP_REPORT_LEN])
{
	snp_pki_report(amd_of(n), data, out);
	if (n->change_snp)
		n->change_snp(out);
	snp_pki_sign(amd_of(n), out);
}

static struct span make_quote(const struct tee_node *n, const uint8_t data[TDX_REPORT_DATA_LEN])
{
	struct tdx_quote_spec q = tdx_quote_spec(data);

	if (n->change_tdx)
		n->change_tdx(&q);
	return (struct span){
		made.quote, tdx_pki_quote(n->intel ? n->intel : &tee_intel, &q, made.quote)};
}

static void take_item(struct evidence *e, enum evidence_type type, const struct wire_writer *w)
{
	must(!w->failed, "an item does not fit");
	e->items[type - 1] = (struct span){made.item[type - 1], w->len};
}

static void start_item(struct wire_writer *w, enum evidence_type type)
{
	wire_write_start(w, made.item[type - 1], sizeof(made.item[0]));
}

static void add_snp(const struct tee_node *n, const uint8_t data[64], struct evidence *e)
{
	uint8_t report[SNP_REPORT_LEN];
	struct evidence_snp item = {.report = {report, sizeof(report)}};
	struct wire_writer w;

	make_report(n, data, report);
	item.table = (struct span){made.table, snp_pki_table(amd_of(n), made.table)};
	start_item(&w, EVIDENCE_SNP);
	evidence_snp_put(&w, &item);
	take_item(e, EVIDENCE_SNP, &w);
}

static void add_tdx(const struct tee_node *n, const uint8_t data[64], struct evidence *e)
{
	struct evidence_tdx item = {.quote = make_quote(n, data)};
	struct wire_writer w;

	start_item(&w, EVIDENCE_TDX);
	evidence_tdx_put(&w, &item);
	take_item(e, EVIDENCE_TDX, &w);
}

/* The SVSM's manifest is the EK alone. */
static void add_svsm(const struct tee_node *n, const uint8_t nonce[64], struct evidence *e)
{
	const struct machine *named = n->paravisor_of ? n->paravisor_of : n->tpm;
	uint8_t report[SNP_REPORT_LEN], data[SNP_REPORT_DATA_LEN];
	struct evidence_svsm item = {
		.report = {report, sizeof(report)}, .manifest = {named->ek_pub, named->ek_pub_len}};
	struct wire_writer w;
	struct digest d;

	must(digest_start(&d, DIGEST_SHA512), "no SHA-512");
	digest_add(&d, nonce, 64);
	digest_add(&d, named->ek_pub, named->ek_pub_len);
	digest_end(&d, data);
	make_report(n, data, report);
	item.table = (struct span){made.table, snp_pki_table(amd_of(n), made.table)};
	start_item(&w, EVIDENCE_SVSM);
	evidence_svsm_put(&w, &item);
	take_item(e, EVIDENCE_SVSM, &w);
}

/* A modulus in base64url, no padding. */
static void modulus_text(const struct machine *m, char out[345])
{
	struct tpm_public ak;

	must(tpm_ak_parse(m->ak_pub, m->ak_pub_len, &ak) == TPM_GOOD && ak.kind == TPM_KEY_RSA,
		"the paravisor's key is no RSA key");
	EVP_EncodeBlock((uint8_t *)out, ak.key, (int)ak.key_len);
	for (char *c = out; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	out[342] = 0;
}

static void put_u32(uint8_t *to, size_t v)
{
	for (size_t i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> 8 * i);
}

/* The claims and their two headers; data: what the hardware has to carry. The report's length. */
static size_t make_claims(const struct tee_node *n, const uint8_t user_data[64], uint8_t data[64])
{
	char modulus[345], digits[129], *text = (char *)made.hcl + HCL_CLAIMS;
	size_t len;

	memset(made.hcl, 0, sizeof(made.hcl));
	modulus_text(n->paravisor_of ? n->paravisor_of : n->tpm, modulus);
	hex_encode(user_data, 64, digits);
	len = (size_t)snprintf(text, sizeof(made.hcl) - HCL_CLAIMS,
		"{\"keys\":[{\"kid\":\"HCLAkPub\",\"key_ops\":[\"sign\"],\"kty\":\"RSA\","
		"\"e\":\"AQAB\",\"n\":\"%s\"}],\"vm-configuration\":{\"secure-boot\":%s,"
		"\"tpm-enabled\":true,\"console-enabled\":false,\"tpm-persisted\":true,"
		"\"vmUniqueId\":\"" TEE_VM_ID "\"},\"user-data\":\"%s\"}",
		modulus, n->secure_boot ? n->secure_boot : "true", digits);
	memcpy(made.hcl, "HCLA", 4);
	put_u32(made.hcl + 0x04, 2);
	put_u32(made.hcl + 0x0c, 2);
	put_u32(made.hcl + HCL_HEAD, 20 + len);
	put_u32(made.hcl + HCL_HEAD + 4, 1);
	put_u32(made.hcl + HCL_HEAD + 8, n->on_tdx ? 4 : 2);
	put_u32(made.hcl + HCL_HEAD + 12, 1);
	put_u32(made.hcl + HCL_HEAD + 16, len);
	memset(data, 0, 64);
	sha256(text, len, data);
	return HCL_CLAIMS + len;
}

static void add_hcl(const struct tee_node *n, const uint8_t user_data[64], struct evidence *e)
{
	uint8_t data[64];
	struct evidence_hcl item = {.report = {made.hcl, make_claims(n, user_data, data)}};
	struct wire_writer w;

	if (n->on_tdx) {
		memcpy(made.hcl + HCL_HARDWARE + TDREPORT_AT, data, sizeof(data));
		item.td_quote = make_quote(n, data);
	} else {
		make_report(n, data, made.hcl + HCL_HARDWARE);
	}
	start_item(&w, EVIDENCE_HCL);
	evidence_hcl_put(&w, &item);
	take_item(e, EVIDENCE_HCL, &w);
}

/* rd and 32 zero bytes, of this connection or of another time. */
static void choose_data(const struct tee_node *n, const struct evidence *now, const uint8_t *before,
	uint8_t out[64])
{
	memset(out, n->made == OF_BOOT ? 0x5a : 0, 64);
	if (n->made != OF_BOOT)
		memcpy(out, n->made == OF_NOW ? now->rd : before, RD_LEN);
}

/* An earlier connection, for evidence that is not of this one. */
static void take_rd_before(
	const struct tee_node *n, const uint8_t disk[DISK_ID_LEN], uint8_t out[RD_LEN])
{
	struct evidence e;
	struct client c;

	setting_connect(&c);
	evidence_start(&e, &c, n->tpm, disk);
	memcpy(out, e.rd, RD_LEN);
	evidence_free(&e);
	client_close(&c);
}

void tee_evidence(const struct tee_node *n, const struct client *c, const uint8_t disk[DISK_ID_LEN],
	struct evidence *e)
{
	uint8_t before[RD_LEN], data[64];

	take_rd_before(n, disk, before);
	evidence_start(e, c, n->tpm, disk);
	if (n->tpm)
		machine_quote(n->tpm, n->quote_of_before ? before : e->rd, c->hello.bank,
			c->hello.pcr_mask, &e->quote);
	choose_data(n, e, before, data);
	if (n->kinds & TEE(EVIDENCE_SNP))
		add_snp(n, data, e);
	if (n->kinds & TEE(EVIDENCE_TDX))
		add_tdx(n, data, e);
	if (n->kinds & TEE(EVIDENCE_HCL))
		add_hcl(n, data, e);
	if (n->kinds & TEE(EVIDENCE_SVSM))
		add_svsm(n, data, e);
}

uint16_t tee_boot(const struct tee_node *n, const uint8_t disk[DISK_ID_LEN], struct outcome *out)
{
	struct evidence e;
	struct outcome last;
	struct client c;

	setting_connect(&c);
	tee_evidence(n, &c, disk, &e);
	client_join(&c, &e, n->tpm, out);
	evidence_free(&e);
	last = *out;
	if (out->type == MSG_GRANT)
		client_commit(&c, out, mac_1, &last);
	client_close(&c);
	if (last.type == MSG_ACK)
		return 0;
	return last.type == MSG_DENY ? last.code : 0xffff;
}
