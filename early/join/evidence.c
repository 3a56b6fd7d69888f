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

static struct status claims_make(
	const struct boot *b, const uint8_t kem_pub[KEM_PUB_LEN], uint8_t *buf, struct span *out)
{
	static const char version[] = "protostar " PROTOSTAR_VERSION;
	struct msg_claims claims = {
		.version = as_span((const uint8_t *)version, sizeof(version) - 1),
		.ak_pub = tpm_ak_area(b->tpm),
		.ek_pub = tpm_ek_area(b->tpm),
	};
	struct wire_writer w;

	TRY(state_disk_contents(b, &claims.contents));
	memcpy(claims.disk_id, b->disk_id, DISK_ID_LEN);
	memcpy(claims.kem_pub, kem_pub, KEM_PUB_LEN);
	wire_write_start(&w, buf, CLAIMS_MAX);
	claims_put(&w, &claims);
	if (w.failed)
		return fail(E_EVIDENCE_CLAIMS);
	*out = as_span(buf, w.len);
	return OK;
}

/* PROTOCOL.md section 6. */
static struct status rd_make(const struct peer *p, const struct msg_hello *hello,
	const uint8_t nonce_a[NONCE_LEN], struct span claims, uint8_t out[RD_LEN])
{
	uint8_t buf[RD_INPUT_MAX];
	struct rd_input in = {
		.role = ROLE_NODE,
		.purpose = PURPOSE_JOIN,
		.spki_self = as_span(p->own_spki, P256_SPKI_LEN),
		.spki_peer = as_span(p->service_spki, P256_SPKI_LEN),
		.binder = p->binder,
		.nonce_v = hello->nonce_v,
		.nonce_a = nonce_a,
		.claims = claims,
	};
	struct wire_writer w;

	wire_write_start(&w, buf, sizeof(buf));
	rd_input_put(&w, &in);
	if (w.failed)
		return fail(E_EVIDENCE_RD);
	sha256(buf, w.len, out);
	return OK;
}

/* The kinds that this image makes. */
static const struct {
	uint16_t type;
	evidence_maker make;
} kinds[] = {
	{EVIDENCE_TPM2, evidence_tpm_make},
};

/* One that fails is no reason to fail when another kind is there: the service knows what it needs.
 */
static struct status items_make(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span items[EVIDENCE_TYPES])
{
	struct status first = fail(E_JOIN_EVIDENCE_TYPE);
	bool tried = false, made = false;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct status s;

		if (!(hello->evidence_types & 1u << (kinds[i].type - 1)))
			continue;
		s = kinds[i].make(b, hello, rd, &items[kinds[i].type - 1]);
		if (failed(s))
			items[kinds[i].type - 1] = as_span(NULL, 0);
		if (failed(s) && !tried)
			first = s;
		made |= !failed(s);
		tried = true;
	}
	return made ? OK : first;
}

struct status evidence_make(const struct boot *b, const struct peer *p,
	const struct msg_hello *hello, struct evidence *out)
{
	static uint8_t claims[CLAIMS_MAX];
	struct msg_evidence m = {.purpose = PURPOSE_JOIN};
	struct wire_writer w;

	TRY(key_generate(&out->kem));
	TRY(claims_make(b, out->kem.pub, claims, &m.claims));
	TRY(random_bytes(m.nonce_a, NONCE_LEN));
	TRY(rd_make(p, hello, m.nonce_a, m.claims, out->rd));
	TRY(items_make(b, hello, out->rd, m.items));
	wire_write_start(&w, out->frame, sizeof(out->frame));
	message_put_evidence(&w, &m);
	if (w.failed)
		return fail(E_EVIDENCE_ENCODE);
	out->frame_len = w.len;
	return OK;
}

void evidence_free(struct evidence *e)
{
	key_free(&e->kem);
	wipe(e, sizeof(*e));
}
