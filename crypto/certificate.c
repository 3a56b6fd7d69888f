#include "crypto/certificate.h"

#include <string.h>
#include "crypto/der.h"
#include "crypto/digest.h"
#include "crypto/errors.h"

/* RFC 5480: SEQUENCE { SEQUENCE { id-ecPublicKey, secp256r1 }, BIT STRING } up to the point. */
static const uint8_t spki_prefix[P256_SPKI_LEN - P256_PUB_LEN] = {0x30, 0x59, 0x30, 0x13, 0x06,
	0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

/* RFC 5758: SEQUENCE { ecdsa-with-SHA256 }. */
static const uint8_t ecdsa_sha256[12] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

void key_spki(const uint8_t pub[P256_PUB_LEN], uint8_t out[P256_SPKI_LEN])
{
	memcpy(out, spki_prefix, sizeof(spki_prefix));
	memcpy(out + sizeof(spki_prefix), pub, P256_PUB_LEN);
}

bool key_from_spki(const uint8_t *spki, size_t len, uint8_t out_pub[P256_PUB_LEN])
{
	if (len != P256_SPKI_LEN || memcmp(spki, spki_prefix, sizeof(spki_prefix)) != 0)
		return false;
	if (!key_pub_valid(spki + sizeof(spki_prefix)))
		return false;
	memcpy(out_pub, spki + sizeof(spki_prefix), P256_PUB_LEN);
	return true;
}

bool certificate_key(const uint8_t *cert, size_t len, uint8_t out_pub[P256_PUB_LEN])
{
	struct der in = {cert, len}, outer, tbs, part;

	if (!der_take(&in, DER_SEQUENCE, &outer) || in.left)
		return false;
	if (!der_take(&outer, DER_SEQUENCE, &tbs))
		return false;
	if (!der_take(&outer, DER_SEQUENCE, &part)) /* signatureAlgorithm */
		return false;
	if (!der_take(&outer, DER_BIT_STRING, &part) || outer.left)
		return false;
	if (tbs.left && tbs.at[0] == DER_CONTEXT_0 && !der_take(&tbs, DER_CONTEXT_0, &part))
		return false;
	if (!der_take(&tbs, DER_INTEGER, &part)) /* serialNumber */
		return false;
	for (int i = 0; i < 4; i++) { /* signature, issuer, validity, subject */
		if (!der_take(&tbs, DER_SEQUENCE, &part))
			return false;
	}
	return der_take_any(&tbs, &part) && key_from_spki(part.at, part.left, out_pub);
}

/* TBSCertificate of version 1: serial 1, empty names, all time, the key. Written back to front. */
static void put_tbs(struct der_writer *out, const uint8_t pub[P256_PUB_LEN])
{
	static const uint8_t empty_name[] = {0x30, 0x00};
	static const uint8_t serial[] = {DER_INTEGER, 1, 1};
	uint8_t spki[P256_SPKI_LEN];
	size_t mark = out->at, validity;

	key_spki(pub, spki);
	der_put_bytes(out, spki, sizeof(spki));
	der_put_bytes(out, empty_name, sizeof(empty_name));
	validity = out->at;
	der_put_bytes(out,
		"\x18\x0f"
		"99991231235959Z",
		17);
	der_put_bytes(out,
		"\x17\x0d"
		"700101000000Z",
		15);
	der_put_header(out, DER_SEQUENCE, validity);
	der_put_bytes(out, empty_name, sizeof(empty_name));
	der_put_bytes(out, ecdsa_sha256, sizeof(ecdsa_sha256));
	der_put_bytes(out, serial, sizeof(serial));
	der_put_header(out, DER_SEQUENCE, mark);
}

static void put_signature(struct der_writer *out, const uint8_t sig[P256_SIG_LEN])
{
	size_t mark = out->at;

	der_put_uint(out, sig + 32, 32);
	der_put_uint(out, sig, 32);
	der_put_header(out, DER_SEQUENCE, mark);
	der_put_bytes(out, "", 1); /* no unused bits */
	der_put_header(out, DER_BIT_STRING, mark);
}

struct status key_self_certificate(const struct key_pair *k, uint8_t out[CERT_MAX], size_t *out_len)
{
	uint8_t tbs_buf[CERT_MAX], cert[CERT_MAX], digest[SHA256_LEN], sig[P256_SIG_LEN];
	struct der_writer tbs = {tbs_buf, sizeof(tbs_buf), false};
	struct der_writer w = {cert, sizeof(cert), false};

	put_tbs(&tbs, k->pub);
	sha256(tbs_buf + tbs.at, sizeof(tbs_buf) - tbs.at, digest);
	TRY(key_sign(k, digest, sig));
	put_signature(&w, sig);
	der_put_bytes(&w, ecdsa_sha256, sizeof(ecdsa_sha256));
	der_put_bytes(&w, tbs_buf + tbs.at, sizeof(tbs_buf) - tbs.at);
	der_put_header(&w, DER_SEQUENCE, sizeof(cert));
	if (tbs.full || w.full)
		return fail(E_KEY_CERTIFICATE);
	*out_len = sizeof(cert) - w.at;
	memcpy(out, cert + w.at, *out_len);
	return OK;
}
