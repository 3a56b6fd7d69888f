/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which endorsement key: the first of TCG's kinds that has a certificate in the TPM (TCG EK
 * Credential Profile, 2.2.1 and annex B). Elliptic curves come first: a TPM needs many seconds to
 * make an RSA key. The order is fixed, so one TPM shows one key.
 */
#include "early/tpm/tpm_private.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "early/console.h"
#include "early/contract/errors.h"

/* An L template's nonce and template lie behind its certificate. An H template has neither. */
#define NONCE	 1u
#define TEMPLATE 2u

static const struct ek_kind {
	uint32_t index;	 /* of the certificate */
	uint32_t handle; /* where the key may last */
	uint16_t size;	 /* in bits; 2048 is RSA */
	bool high;
} kinds[] = {
	{0x01c0000a, 0x81010002, 256, false},  /* L-2 */
	{0x01c00014, 0x81010014, 256, true},   /* H-2 */
	{0x01c00016, 0x81010016, 384, true},   /* H-3 */
	{0x01c00002, 0x81010001, 2048, false}, /* L-1 */
	{0x01c00012, 0x81010012, 2048, true},  /* H-1 */
};

/*
 * Who may use the key. L: whoever has the endorsement hierarchy's password (PolicySecret), which is
 * empty. H: the same, or what an index of the owner's says (PolicyAuthorizeNV).
 */
struct policies {
	uint8_t secret[48], authorize_nv[48], either[48];
};
static const struct policies policies_sha256 = {
	.secret = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46,
		0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda,
		0x1b, 0x33, 0x14, 0x69, 0xaa},
	.authorize_nv = {0x37, 0x67, 0xe2, 0xed, 0xd4, 0x3f, 0xf4, 0x5a, 0x3a, 0x7e, 0x1e, 0xae,
		0xfc, 0xef, 0x78, 0x64, 0x3d, 0xca, 0x96, 0x46, 0x32, 0xe7, 0xaa, 0xd8, 0x2c, 0x67,
		0x3a, 0x30, 0xd8, 0x63, 0x3f, 0xde},
	.either = {0xca, 0x3d, 0x0a, 0x99, 0xa2, 0xb9, 0x39, 0x06, 0xf7, 0xa3, 0x34, 0x24, 0x14,
		0xef, 0xcf, 0xb3, 0xa3, 0x85, 0xd4, 0x4c, 0xd1, 0xfd, 0x45, 0x90, 0x89, 0xd1, 0x9b,
		0x50, 0x71, 0xc0, 0xb7, 0xa0},
};
static const struct policies policies_sha384 = {
	.secret = {0x8b, 0xbf, 0x22, 0x66, 0x53, 0x7c, 0x17, 0x1c, 0xb5, 0x6e, 0x40, 0x3c, 0x4d,
		0xc1, 0xd4, 0xb6, 0x4f, 0x43, 0x26, 0x11, 0xdc, 0x38, 0x6e, 0x6f, 0x53, 0x20, 0x50,
		0xc3, 0x27, 0x8c, 0x93, 0x0e, 0x14, 0x3e, 0x8b, 0xb1, 0x13, 0x38, 0x24, 0xcc, 0xb4,
		0x31, 0x05, 0x38, 0x71, 0xc6, 0xdb, 0x53},
	.authorize_nv = {0xd6, 0x03, 0x2c, 0xe6, 0x1f, 0x2f, 0xb3, 0xc2, 0x40, 0xeb, 0x3c, 0xf6,
		0xa3, 0x32, 0x37, 0xef, 0x2b, 0x6a, 0x16, 0xf4, 0x29, 0x3c, 0x22, 0xb4, 0x55, 0xe2,
		0x61, 0xcf, 0xfd, 0x21, 0x7a, 0xd5, 0xb4, 0x94, 0x7c, 0x2d, 0x73, 0xe6, 0x30, 0x05,
		0xee, 0xd2, 0xdc, 0x2b, 0x35, 0x93, 0xd1, 0x65},
	.either = {0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53, 0xd8, 0x82, 0xbc, 0xf5,
		0xfd, 0x3a, 0x1a, 0x07, 0x41, 0x48, 0xbb, 0x35, 0xd3, 0xb4, 0xe4, 0xcb, 0x1c, 0x0a,
		0xd9, 0xbd, 0xe4, 0x19, 0xca, 0xcb, 0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15, 0x0f,
		0x9f, 0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12},
};

static const struct policies *policies_of(TPM2_ALG_ID name_alg, UINT16 *out_len)
{
	bool wide = name_alg == TPM2_ALG_SHA384;

	*out_len = wide ? TPM2_SHA384_DIGEST_SIZE : TPM2_SHA256_DIGEST_SIZE;
	return wide ? &policies_sha384 : &policies_sha256;
}

bool tpm_ek_branches(const TPMT_PUBLIC *ek, TPML_DIGEST *out)
{
	UINT16 len;
	const struct policies *p = policies_of(ek->nameAlg, &len);

	*out = (TPML_DIGEST){.count = 2, .digests = {{.size = len}, {.size = len}}};
	memcpy(out->digests[0].buffer, p->secret, len);
	memcpy(out->digests[1].buffer, p->authorize_nv, len);
	return ek->authPolicy.size == len && memcmp(ek->authPolicy.buffer, p->either, len) == 0;
}

static void template_of(const struct ek_kind *kind, TPM2B_PUBLIC *out)
{
	TPMT_PUBLIC *p = &out->publicArea;
	const struct policies *policies;
	bool wide = kind->size == 384;

	*out = (TPM2B_PUBLIC){0};
	p->nameAlg = wide ? TPM2_ALG_SHA384 : TPM2_ALG_SHA256;
	p->objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			      TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_ADMINWITHPOLICY |
			      TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT |
			      (kind->high ? TPMA_OBJECT_USERWITHAUTH : 0);
	policies = policies_of(p->nameAlg, &p->authPolicy.size);
	memcpy(p->authPolicy.buffer, kind->high ? policies->either : policies->secret,
		p->authPolicy.size);
	p->parameters.asymDetail.symmetric = (TPMT_SYM_DEF_OBJECT){.algorithm = TPM2_ALG_AES,
		.keyBits.aes = wide ? 256 : 128,
		.mode.aes = TPM2_ALG_CFB};
	p->parameters.asymDetail.scheme.scheme = TPM2_ALG_NULL;
	if (kind->size == 2048) {
		p->type = TPM2_ALG_RSA;
		p->parameters.rsaDetail.keyBits = 2048;
		p->unique.rsa.size = kind->high ? 0 : 256;
		return;
	}
	p->type = TPM2_ALG_ECC;
	p->parameters.eccDetail.curveID = wide ? TPM2_ECC_NIST_P384 : TPM2_ECC_NIST_P256;
	p->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	p->unique.ecc.x.size = p->unique.ecc.y.size = kind->high ? 0 : 32;
}

void tpm_ek_default(TPM2B_PUBLIC *out)
{
	template_of(&kinds[0], out);
}

/* The template that the maker left beside an L certificate, if its key can be used as the others.
 */
static struct status read_template(struct tpm *t, uint32_t index, TPM2B_PUBLIC *io)
{
	uint8_t bytes[TPM_PUB_MAX];
	TPMT_PUBLIC read = {0};
	size_t len, at = 0;

	TRY(tpm_nv_read(t, index, bytes, sizeof(bytes), &len));
	if (!len)
		return OK;
	if (Tss2_MU_TPMT_PUBLIC_Unmarshal(bytes, len, &at, &read) ||
		read.type != io->publicArea.type || read.nameAlg != io->publicArea.nameAlg ||
		read.authPolicy.size != io->publicArea.authPolicy.size ||
		memcmp(read.authPolicy.buffer, io->publicArea.authPolicy.buffer,
			read.authPolicy.size))
		return fail(E_TPM_TEMPLATE);
	io->publicArea = read;
	return OK;
}

/* The nonce stands where the modulus or the x coordinate will be, with zeros behind. */
static struct status read_nonce(struct tpm *t, uint32_t index, TPM2B_PUBLIC *io)
{
	TPMU_PUBLIC_ID unique = {0};
	size_t len;

	if (io->publicArea.type == TPM2_ALG_RSA) {
		TRY(tpm_nv_read(t, index, unique.rsa.buffer, 256, &len));
		unique.rsa.size = 256;
	} else {
		TRY(tpm_nv_read(t, index, unique.ecc.x.buffer, 32, &len));
		unique.ecc.x.size = unique.ecc.y.size = 32;
	}
	if (len)
		io->publicArea.unique = unique;
	return OK;
}

static struct status make(struct tpm *t, const TPM2B_PUBLIC *template)
{
	return tpm_key_make(t, template, E_TPM_EK, &t->ek);
}

static struct status open_kind(struct tpm *t, const struct ek_kind *kind)
{
	TPM2B_PUBLIC template;

	template_of(kind, &template);
	if (!kind->high) {
		TRY(read_template(t, kind->index + TEMPLATE, &template));
		TRY(read_nonce(t, kind->index + NONCE, &template));
	}
	if (tpm_key_take(t, kind->handle, &template, &t->ek))
		return OK;
	return make(t, &template);
}

/* False when there is no such certificate, or no key to it: another kind may have both. */
static bool certified(struct tpm *t, const struct ek_kind *kind)
{
	struct span certificate;

	if (!tpm_certificate_read(t, kind->index, &certificate))
		return false;
	return tpm_certificate_take(t, kind->index, certificate, open_kind(t, kind), &t->ek);
}

struct status tpm_ek_open(struct tpm *t)
{
	TPM2B_PUBLIC template;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!certified(t, &kinds[i]))
			continue;
		console_say("TPM endorsement key by certificate 0x%08x", kinds[i].index);
		return OK;
	}
	console_say("TPM endorsement key without certificate");
	tpm_ek_default(&template);
	return make(t, &template);
}
