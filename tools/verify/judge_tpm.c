/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The quote of a TPM: signature, whose key, registers, event log. */
#include "tools/verify/judge_private.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "early/contract/pcr15.h"
#include "tools/evidence/tpm/key.h"
#include "tools/evidence/tpm/quote.h"
#include "tools/evidence/x509/path.h"
#include "tools/lib/bank.h"
#include "tools/lib/event_log.h"
#include "tools/lib/hex.h"
#include "tools/lib/number.h"
#include "tools/lib/os_separator.h"

#define CAP_PCR 15u
/* PROTOCOL.md section 4, ACK: the node's id in hex comes behind it. */
#define NODE_URI "protostar:node:"

/* As TPM2_PCR_Event does. The bank is one that policies know. */
static void extend_with(uint16_t alg, uint8_t *value, const char *text)
{
	enum bank bank;

	if (bank_by_alg(alg, &bank))
		bank_extend_text(bank, value, text);
	else
		memset(value, 0, digest_len(alg));
}

/* What the set expects of a running system, in place of what it expects at a join. */
static void expect_running(
	const struct policy *p, struct policy_set *set, uint32_t pcrs, const char *text)
{
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++)
		if ((set->enforced | set->warned) & pcrs & 1u << pcr)
			extend_with(p->bank, set->expected[pcr], text);
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

static struct failure check_log(
	const struct judgement *j, const struct verdict *v, bool os_separator)
{
	const struct span *log = &j->tpm.event_log;
	struct event_replay replay;
	const char *problem = "";

	if (!log->len)
		return failure_none();
	if (!event_log_replay(log->data, log->len, v->bank, &replay, &problem))
		return refuse("the event log: %s", problem);
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		if (!(v->pcr_mask & replay.extended & 1u << pcr))
			continue;
		if (os_separator && (OS_SEPARATOR_PCRS >> pcr & 1u))
			extend_with(v->bank, replay.pcr[pcr], OS_SEPARATOR);
		if (memcmp(replay.pcr[pcr], v->pcr[pcr], digest_len(v->bank)) != 0)
			return refuse("the event log does not lead to PCR %u", pcr);
	}
	return failure_none();
}

/* As at a join and capped, perhaps separated; what differs is said of the capped ones. */
static struct policy_match match_running(const struct policy *p, const struct policy_set *set,
	const uint8_t *values, struct findings *out)
{
	struct policy_set running = *set;
	struct policy_match m, separated;

	expect_running(p, &running, 1u << CAP_PCR, PCR15_SEALED);
	m = policy_compare(p, &running, values);
	if (m.matched)
		return m;
	expect_running(p, &running, OS_SEPARATOR_PCRS, OS_SEPARATOR);
	separated = policy_compare(p, &running, values);
	out->os_separator = separated.matched;
	return separated.matched ? separated : m;
}

struct failure judge_registers(
	const struct judgement *j, const struct policy_set *set, struct findings *out)
{
	const struct policy *p = j->policy;
	const struct verdict *v = j->verdict;
	uint8_t values[POLICY_PCRS * POLICY_DIGEST_MAX];
	struct policy_match m;

	if (v->bank != p->bank || (p->pcr_mask & ~v->pcr_mask))
		return refuse("the statement quotes other registers than the policy compares");
	pick(p, v, values);
	out->fault = FAULT_MEASUREMENT;
	m = match_running(p, set, values, out);
	out->differing = m.differing;
	out->warned = m.warned;
	/* Where the set does not compare it, PCR 15 shows nothing. */
	out->capped = m.matched && (set->enforced >> CAP_PCR & 1u);
	if ((set->enforced >> CAP_PCR & 1u) && policy_compare(p, set, values).matched)
		return refuse("PCR 15 is not capped: this was made before the hand-over to init");
	if (!m.matched)
		return refuse("no set of the policy matches; the nearest is \"%s\"", set->name);
	out->fault = FAULT_NONE;
	return check_log(j, v, out->os_separator);
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

static struct failure check_quote(
	const struct judgement *j, const struct tpm_public *ak, struct verdict *v)
{
	const struct statement *m = &j->statement;
	const struct evidence_tpm2 *e = &j->tpm;
	struct tpm_quote quote;
	struct tpm_quote_request r = {.ak = ak,
		.report_data = j->rd,
		.bank = m->bank,
		.pcr_mask = m->pcr_mask,
		.attest = e->attest,
		.signature = e->signature,
		.pcr_values = e->pcr_values};
	enum tpm_fault fault;

	if (e->pcr_values.len != (size_t)__builtin_popcount(m->pcr_mask) * digest_len(m->bank))
		return refuse("the register values have not the length of their bank");
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

/* What stands behind the prefix in one of the subject's units; empty: nothing, or more than fits.
 */
static void read_unit(const X509 *cert, const char *prefix, char *out, size_t cap)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	size_t skip = strlen(prefix);
	int at = -1;

	out[0] = 0;
	while ((at = X509_NAME_get_index_by_NID(subject, NID_organizationalUnitName, at)) >= 0) {
		const ASN1_STRING *unit = X509_NAME_ENTRY_get_data(
			X509_NAME_get_entry(subject, at));
		const char *text = (const char *)ASN1_STRING_get0_data(unit);
		size_t len = (size_t)ASN1_STRING_length(unit);

		if (len < skip || memcmp(text, prefix, skip) != 0)
			continue;
		if (len - skip < cap && !memchr(text, 0, len))
			snprintf(out, cap, "%.*s", (int)(len - skip), text + skip);
		return;
	}
}

/* By which set it joined, as what and when. */
static struct failure read_join(struct judgement *j, const X509 *cert)
{
	char text[16];
	uint64_t epoch;

	read_unit(cert, "set:", j->certified_set, sizeof(j->certified_set));
	read_unit(cert, "role:", j->certified_role, sizeof(j->certified_role));
	read_unit(cert, "epoch:", text, sizeof(text));
	if (!j->certified_set[0] || !number_read(text, 10, 0, UINT32_MAX, &epoch))
		return refuse("the node's certificate does not say by which set it joined");
	j->verdict->certified_epoch = (uint32_t)epoch;
	return failure_none();
}

/* A certificate outlives the operator's trust in its node by up to a day. */
static struct failure check_node(struct judgement *j, const X509 *cert)
{
	uint8_t *node_id = j->certified_id;

	j->has_certified_id = read_node_id(cert, node_id);
	if (!j->has_certified_id)
		return refuse("the node's certificate does not say which node it is");
	if (j->trust->node_id && memcmp(j->trust->node_id, node_id, TPM_NAME_LEN) != 0)
		return refuse("it is another node than the one named");
	return policy_node_revoked(j->policy, node_id) ? refuse("the node is revoked")
						       : read_join(j, cert);
}

/* The node's certificate is the first of the two that PID 1 was given. */
static struct failure check_certificate(
	struct judgement *j, const struct tpm_public *ak, struct verdict *v)
{
	const struct verify_trust *trust = j->trust;
	struct span der = j->statement.certificate;
	const unsigned char *at = der.data;
	struct path_request request = {
		.roots = trust->node_ca, .now_s = j->now_s, .flags = PATH_STRICT | PATH_PARTIAL};
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
		f = check_node(j, request.leaf);
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

static struct failure check_key(struct judgement *j, const struct tpm_public *ak, struct verdict *v)
{
	const struct verify_trust *trust = j->trust;
	const struct statement *m = &j->statement;

	sha256(m->ak_pub.data, m->ak_pub.len, v->ak_sha256);
	if (trust->ak_sha256 && memcmp(trust->ak_sha256, v->ak_sha256, SHA256_LEN) == 0) {
		v->key = KEY_NAMED;
		return failure_none();
	}
	if (!trust->node_ca)
		return refuse(trust->ak_sha256
				      ? "another attestation key signed than the one named"
				      : "nothing says whose key signed: give --ca or --ak");
	return check_certificate(j, ak, v);
}

struct failure judge_quote(struct judgement *j)
{
	struct verdict *v = j->verdict;
	struct tpm_public ak;
	enum tpm_fault fault = tpm_ak_parse(j->statement.ak_pub.data, j->statement.ak_pub.len, &ak);

	if (fault != TPM_GOOD)
		return refuse("the attestation key: %s", tpm_fault_text(fault));
	TRY_FAILURE(check_quote(j, &ak, v));
	j->key_fault = check_key(j, &ak, v);
	return failure_none();
}
