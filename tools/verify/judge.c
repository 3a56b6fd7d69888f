/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/verdict.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "early/contract/pcr15.h"
#include "tools/evidence/tpm/key.h"
#include "tools/evidence/tpm/quote.h"
#include "tools/evidence/x509/path.h"
#include "tools/lib/event_log.h"
#include "tools/lib/hex.h"

#define CAP_PCR	       15u
#define NODE_URI       "protostar:node:" /* PROTOCOL.md section 9: and the node's id in hex */
#define OS_SEPARATOR   "os-separator"
#define SEPARATED_PCRS (0xffu | 1u << 9 | 1u << 12 | 1u << 13 | 1u << 14)

/* As TPM2_PCR_Event does. The bank is one that policies know. */
static void extend_with(uint16_t bank, uint8_t *value, const char *text)
{
	uint8_t measured[DIGEST_MAX];

	if (!digest_of(bank, text, strlen(text), measured) || !pcr_extend(bank, value, measured))
		memset(value, 0, digest_len(bank));
}

/* What the sets expect of a running system, in place of what they expect at a join. */
static void expect_running(struct policy *p, uint32_t pcrs, const char *text)
{
	for (size_t i = 0; i < p->set_count; i++)
		for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++)
			if ((p->sets[i].enforced | p->sets[i].warned) & pcrs & 1u << pcr)
				extend_with(p->bank, p->sets[i].expected[pcr], text);
}

/* The quoted values of the PCRs that policy compares, in order. */
static void pick(const struct policy *p, const struct verdict *v, uint8_t *out)
{
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		if (!(p->pcr_mask >> pcr & 1u))
			continue;
		memcpy(out, v->pcr[pcr], p->digest_len);
		out += p->digest_len;
	}
}

static struct policy_match match(const struct policy *p, const struct verdict *v)
{
	uint8_t values[POLICY_PCRS * POLICY_DIGEST_MAX];

	pick(p, v, values);
	return policy_match(p, values);
}

static struct failure check_registers(struct policy *p, struct verdict *v)
{
	struct policy_match before = match(p, v), m;

	if (!before.set)
		return refuse("no set of the policy has measurements of a TPM to compare");
	if (v->bank != p->bank || (p->pcr_mask & ~v->pcr_mask))
		return refuse("the statement quotes other registers than the policy compares");
	expect_running(p, 1u << CAP_PCR, PCR15_SEALED);
	m = match(p, v);
	if (!m.matched) {
		struct policy_match separated;

		expect_running(p, SEPARATED_PCRS, OS_SEPARATOR);
		separated = match(p, v);
		v->os_separator = separated.matched;
		m = separated.matched ? separated : m;
	}
	snprintf(v->set, sizeof(v->set), "%s", m.set->name);
	snprintf(v->role, sizeof(v->role), "%s", m.set->role);
	v->epoch = m.set->epoch;
	v->differing = m.differing;
	v->warned = m.warned;
	v->capped = m.matched;
	if (before.matched)
		return refuse("PCR 15 is not capped: this was made before the hand-over to init");
	if (!m.matched)
		return refuse("no set of the policy matches; the nearest is \"%s\"", v->set);
	return m.set->revoked ? refuse("set \"%s\" is revoked", v->set) : failure_none();
}

static struct failure check_log(const struct evidence_tpm2 *e, const struct verdict *v)
{
	struct event_replay replay;
	const char *problem = "";

	if (!e->event_log.len)
		return failure_none();
	if (!event_log_replay(e->event_log.data, e->event_log.len, v->bank, &replay, &problem))
		return refuse("the event log: %s", problem);
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		if (!(v->pcr_mask & replay.extended & 1u << pcr))
			continue;
		if (v->os_separator && (SEPARATED_PCRS >> pcr & 1u))
			extend_with(v->bank, replay.pcr[pcr], OS_SEPARATOR);
		if (memcmp(replay.pcr[pcr], v->pcr[pcr], digest_len(v->bank)) != 0)
			return refuse("the event log does not lead to PCR %u", pcr);
	}
	return failure_none();
}

static void keep_values(const struct statement *m, const struct evidence_tpm2 *e, struct verdict *v)
{
	const uint8_t *at = e->pcr_values.data;
	size_t len = digest_len(m->bank);

	v->bank = m->bank;
	v->pcr_mask = m->pcr_mask;
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		if (!(m->pcr_mask >> pcr & 1u))
			continue;
		memcpy(v->pcr[pcr], at, len);
		at += len;
	}
	v->quoted = true;
}

static struct failure check_quote(const struct statement *m, const struct evidence_tpm2 *e,
	const struct tpm_public *ak, struct verdict *v)
{
	struct tpm_quote quote;
	uint8_t rd[RD_LEN];
	struct tpm_quote_request r = {.ak = ak,
		.report_data = rd,
		.bank = m->bank,
		.pcr_mask = m->pcr_mask,
		.attest = e->attest,
		.signature = e->signature,
		.pcr_values = e->pcr_values};
	enum tpm_fault fault;

	if (e->pcr_values.len != (size_t)__builtin_popcount(m->pcr_mask) * digest_len(m->bank))
		return refuse("the register values have not the length of their bank");
	if (!statement_rd(m, rd))
		return refuse("the statement is too long");
	fault = tpm_quote_check(&r, &quote);
	if (fault != TPM_GOOD)
		return refuse("the quote does not hold: %s", tpm_fault_text(fault));
	v->firmware = quote.firmware_version;
	keep_values(m, e, v);
	return failure_none();
}

/* What stands behind the node's certificate must be one of the CAs that are trusted. */
static bool is_anchor(const struct verify_trust *trust, const unsigned char *der, size_t len)
{
	const unsigned char *at = der;
	X509 *ca = d2i_X509(NULL, &at, (long)len);
	bool found = false;

	for (int i = 0; ca && at == der + len && i < sk_X509_num(trust->node_ca->list); i++)
		found |= X509_cmp(ca, sk_X509_value(trust->node_ca->list, i)) == 0;
	X509_free(ca);
	return found;
}

/* Which node the CA says it is. */
static bool read_node_id(const X509 *cert, uint8_t out[TPM_NAME_LEN])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	const size_t prefix = strlen(NODE_URI);
	bool found = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const char *uri;

		if (name->type != GEN_URI)
			continue;
		uri = (const char *)ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
		found = strncmp(uri, NODE_URI, prefix) == 0 &&
			hex_decode_text(uri + prefix, strlen(uri) - prefix, out, TPM_NAME_LEN);
	}
	GENERAL_NAMES_free(names);
	return found;
}

/* A certificate outlives the operator's trust in its node by up to a day. */
static struct failure check_not_revoked(const struct policy *policy, const X509 *cert)
{
	uint8_t node_id[TPM_NAME_LEN];

	if (!read_node_id(cert, node_id))
		return refuse("the node's certificate does not say which node it is");
	return policy_node_revoked(policy, node_id) ? refuse("the node is revoked")
						    : failure_none();
}

/* The node's certificate is the first of the two that PID 1 was given. */
static struct failure check_certificate(const struct policy *policy,
	const struct verify_trust *trust, struct span der, const struct tpm_public *ak,
	int64_t now_s, struct verdict *v)
{
	const unsigned char *at = der.data;
	struct path_request request = {
		.roots = trust->node_ca, .now_s = now_s, .flags = PATH_STRICT | PATH_PARTIAL};
	struct failure f;

	request.leaf = der.len ? d2i_X509(NULL, &at, (long)der.len) : NULL;
	if (!request.leaf)
		return refuse("the node shows no certificate of a node CA");
	cert_name_text(X509_get_subject_name(request.leaf), v->node);
	f = !is_anchor(trust, at, (size_t)(der.data + der.len - at))
		    ? refuse("the node was certified by another CA than the one given")
	    : tpm_key_same(ak, X509_get0_pubkey(request.leaf))
		    ? path_verify(&request, NULL)
		    : refuse("the node's certificate is of another key than signed the quote");
	if (!f.happened)
		f = check_not_revoked(policy, request.leaf);
	if (!f.happened) {
		BIO *text = BIO_new(BIO_s_mem());

		v->key = KEY_CERTIFIED;
		if (text && ASN1_TIME_print(text, X509_get0_notAfter(request.leaf)))
			(void)BIO_gets(text, v->until, sizeof(v->until));
		BIO_free(text);
	}
	X509_free(request.leaf);
	return f;
}

static struct failure check_key(const struct policy *policy, const struct verify_trust *trust,
	const struct statement *m, const struct tpm_public *ak, int64_t now_s, struct verdict *v)
{
	sha256(m->ak_pub.data, m->ak_pub.len, v->ak_sha256);
	if (trust->ak_sha256 && memcmp(trust->ak_sha256, v->ak_sha256, SHA256_LEN) == 0) {
		v->key = KEY_NAMED;
		return failure_none();
	}
	if (!trust->node_ca)
		return refuse(trust->ak_sha256
				      ? "another attestation key signed than the one named"
				      : "nothing says whose key signed: give --ca or --ak");
	return check_certificate(policy, trust, m->certificate, ak, now_s, v);
}

static struct failure judge(struct policy *policy, const struct verify_trust *trust,
	struct span nonce, struct span bytes, int64_t now_s, struct verdict *v)
{
	struct statement m;
	struct evidence_tpm2 e;
	struct tpm_public ak;
	enum tpm_fault fault;

	if (!statement_get(bytes, &m))
		return refuse("this is no statement of protostar attest");
	memcpy(v->version, m.version.data, m.version.len);
	if (m.nonce.len != nonce.len || memcmp(m.nonce.data, nonce.data, nonce.len) != 0)
		return refuse("the statement is about another nonce");
	if (!m.items[EVIDENCE_TPM2 - 1].len || !evidence_tpm2_get(m.items[EVIDENCE_TPM2 - 1], &e))
		return refuse("the statement has no quote of a TPM");
	fault = tpm_ak_parse(m.ak_pub.data, m.ak_pub.len, &ak);
	if (fault != TPM_GOOD)
		return refuse("the attestation key: %s", tpm_fault_text(fault));
	TRY_FAILURE(check_quote(&m, &e, &ak, v));
	TRY_FAILURE(check_key(policy, trust, &m, &ak, now_s, v));
	TRY_FAILURE(check_registers(policy, v));
	return check_log(&e, v);
}

void verify_judge(struct policy *policy, const struct verify_trust *trust, struct span nonce,
	struct span statement, int64_t now_s, struct verdict *out)
{
	struct failure f;

	memset(out, 0, sizeof(*out));
	f = judge(policy, trust, nonce, statement, now_s, out);
	out->good = !f.happened;
	if (f.happened)
		snprintf(out->why, sizeof(out->why), "%s", f.text);
}
