/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/join/evidence.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/disk/state_disk.h"
#include "early/tpm/tpm.h"

static struct span as_span(const uint8_t *data, size_t len)
{
	return (struct span){data, len};
}

/* Of the TPM's keys only with evidence of the TPM: without, the service does not look for them. */
static struct status claims_make(const struct boot *b, bool with_tpm, const struct kem_pair *kem,
	uint8_t *buf, struct span *out)
{
	static const char version[] = "protostar " PROTOSTAR_VERSION;
	struct msg_claims claims = {
		.version = as_span((const uint8_t *)version, sizeof(version) - 1),
	};
	struct wire_writer w;

	if (with_tpm) {
		claims.ak_pub = tpm_ak_area(b->tpm);
		claims.ek_pub = tpm_ek_area(b->tpm);
	}
	TRY(state_disk_contents(b, &claims.contents));
	memcpy(claims.disk_id, b->disk_id, DISK_ID_LEN);
	memcpy(claims.kem_pub, kem->p256.pub, KEM_PUB_LEN);
	if (kem_mlkem_pub(kem))
		claims.mlkem_pub = as_span(kem_mlkem_pub(kem), MLKEM_PUB_LEN);
	wire_write_start(&w, buf, CLAIMS_MAX);
	claims_put(&w, &claims);
	if (w.failed)
		return fail(E_EVIDENCE_CLAIMS);
	*out = as_span(buf, w.len);
	return OK;
}

static struct status hash_rd(const struct rd_input *in, uint16_t code, uint8_t out[RD_LEN])
{
	uint8_t buf[RD_INPUT_MAX];
	struct wire_writer w;

	wire_write_start(&w, buf, sizeof(buf));
	rd_input_put(&w, in);
	if (w.failed)
		return fail(code);
	sha256(buf, w.len, out);
	return OK;
}

/* PROTOCOL.md section 6; for the service's evidence, 6.6, keys and nonces change over. */
static struct status rd_make(const struct peer *p, const struct msg_hello *hello,
	const struct msg_evidence *m, struct evidence *out)
{
	struct rd_input in = {
		.role = ROLE_NODE,
		.purpose = m->purpose,
		.spki_self = as_span(p->own_spki, P256_SPKI_LEN),
		.spki_peer = as_span(p->service_spki, P256_SPKI_LEN),
		.binder = p->binder,
		.nonce_v = hello->nonce_v,
		.nonce_a = m->nonce_a,
		.claims = m->claims,
	};
	struct rd_input service = in;

	service.role = ROLE_SERVICE;
	service.spki_self = in.spki_peer;
	service.spki_peer = in.spki_self;
	service.nonce_v = in.nonce_a;
	service.nonce_a = in.nonce_v;
	TRY(hash_rd(&service, E_EVIDENCE_SERVICE_RD, out->service_rd));
	return hash_rd(&in, E_EVIDENCE_RD, out->rd);
}

/* The kinds that this image makes, the TPM's first. */
static const struct {
	uint16_t type;
	bool about_tpm; /* of no use without the TPM's own */
	evidence_maker make;
} kinds[] = {
	{EVIDENCE_TPM2, true, evidence_tpm_make},
#ifdef PROTOSTAR_EVIDENCE_SNP
	{EVIDENCE_SNP, false, evidence_snp_make},
#endif
#ifdef PROTOSTAR_EVIDENCE_TDX
	{EVIDENCE_TDX, false, evidence_tdx_make},
#endif
#ifdef PROTOSTAR_EVIDENCE_HCL
	{EVIDENCE_HCL, true, evidence_hcl_make},
#endif
#ifdef PROTOSTAR_EVIDENCE_SVSM
	{EVIDENCE_SVSM, true, evidence_svsm_make},
#endif
};

/* Times in this boot that a kind failed in a way that time may heal. */
static unsigned delays[EVIDENCE_TYPES];

/*
 * One that fails is no reason to fail when another kind is there: the service knows what it needs.
 * It may need this one, though, so what time may heal is tried in two rounds, and not for ever.
 */
static struct status items_make(const struct boot *b, bool with_tpm, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span items[EVIDENCE_TYPES])
{
	struct status first = fail(E_JOIN_EVIDENCE_TYPE);
	bool tried = false, made = false;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		unsigned at = kinds[i].type - 1u;
		struct status s;

		if (!(hello->evidence_types & 1u << at) || (kinds[i].about_tpm && !with_tpm) ||
			(made && delays[at] > 1))
			continue;
		console_detail("%s", "");
		s = kinds[i].make(b, hello, rd, &items[at]);
		if (failed(s)) {
			items[at] = as_span(NULL, 0);
			if (error_retry(s.code) == ERROR_RETRY && (!delays[at]++ || !made))
				return s;
			console_say("evidence %u left out: E%u %s%s", kinds[i].type, s.code,
				error_text(s.code), console_detail_note());
		}
		if (failed(s) && !tried)
			first = s;
		made |= !failed(s);
		tried = true;
	}
	return made ? OK : first;
}

/* The claims, and what is said about them. */
static struct status body_make(const struct boot *b, bool with_tpm, const struct peer *p,
	const struct msg_hello *hello, struct msg_evidence *m, struct evidence *out)
{
	static uint8_t claims[CLAIMS_MAX];

	memset(m->items, 0, sizeof(m->items));
	TRY(claims_make(b, with_tpm, &out->kem, claims, &m->claims));
	TRY(rd_make(p, hello, m, out));
	return items_make(b, with_tpm, hello, out->rd, m->items);
}

struct status evidence_make(const struct boot *b, const struct peer *p,
	const struct msg_hello *hello, struct evidence *out)
{
	bool with_tpm = b->tpm && (hello->evidence_types & 1u << (EVIDENCE_TPM2 - 1));
	struct msg_evidence m = {
		.purpose = hello->purpose,
		.wants_service = evidence_wanted(b),
	};
	struct wire_writer w;
	struct status s;

	TRY(kem_generate(&out->kem));
	TRY(random_bytes(m.nonce_a, NONCE_LEN));
	s = body_make(b, with_tpm, p, hello, &m, out);
	/* The claims of a TPM that does not quote have to go, and what was made about them. */
	if (!failed(s) && with_tpm && m.items[EVIDENCE_TPM2 - 1].len == 0)
		s = body_make(b, false, p, hello, &m, out);
	TRY(s);
	wire_write_start(&w, out->frame, sizeof(out->frame));
	message_put_evidence(&w, &m);
	if (w.failed)
		return fail(E_EVIDENCE_ENCODE);
	out->frame_len = w.len;
	return OK;
}

void evidence_free(struct evidence *e)
{
	kem_free(&e->kem);
	wipe(e, sizeof(*e));
}
