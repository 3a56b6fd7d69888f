/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/mock/image_signer.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/pkcs7.h>
#include <openssl/sha.h>
#include "tests/mock/pe_maker.h"
#include "tools/lib/authenticode.h"
#include "tools/lib/hex.h"

#define CERTIFICATE_SLOT (PE_AT_OPTIONAL + 112 + 4 * 8)

static void need(bool fine)
{
	if (!fine)
		abort();
}

static void set_extensions(X509 *x)
{
	/* Basic constraints: a CA, for every certificate here can issue another. */
	static const uint8_t ca[] = {0x30, 0x03, 0x01, 0x01, 0xff};
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	need(value && ASN1_OCTET_STRING_set(value, ca, sizeof(ca)));
	extension = X509_EXTENSION_create_by_NID(NULL, NID_basic_constraints, 1, value);
	need(extension && X509_add_ext(x, extension, -1));
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
}

struct signer signer_make(const char *name, const struct signer *issuer, long valid_from)
{
	struct signer s = {.key = EVP_RSA_gen(2048), .certificate = X509_new()};
	X509_NAME *subject = X509_NAME_new();
	X509 *x = s.certificate;
	uint8_t *der = NULL;
	int len;

	need(s.key && x && subject && X509_set_version(x, 2));
	need(X509_NAME_add_entry_by_txt(
		subject, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0));
	need(ASN1_INTEGER_set(X509_get_serialNumber(x), (long)strlen(name)));
	need(X509_set_subject_name(x, subject));
	need(X509_set_issuer_name(
		x, issuer ? X509_get_subject_name(issuer->certificate) : subject));
	need(X509_gmtime_adj(X509_getm_notBefore(x), valid_from) &&
		X509_gmtime_adj(X509_getm_notAfter(x), valid_from + 3600));
	need(X509_set_pubkey(x, s.key));
	set_extensions(x);
	need(X509_sign(x, issuer ? issuer->key : s.key, EVP_sha256()) > 0);
	len = i2d_X509(x, &der);
	need(len > 0);
	bytes_add(&s.der, der, (size_t)len);
	OPENSSL_free(der);
	X509_NAME_free(subject);
	return s;
}

void signer_free(struct signer *signer)
{
	EVP_PKEY_free(signer->key);
	X509_free(signer->certificate);
	bytes_free(&signer->der);
}

/* SpcIndirectDataContent: SpcPeImageData with no file, then DigestInfo. */
static void make_content(const uint8_t hash[32], uint8_t out[88], size_t *out_len)
{
	static const uint8_t head[] = {0x30, 0x4e, 0x30, 0x17, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04,
		0x01, 0x82, 0x37, 0x02, 0x01, 0x0f, 0x30, 0x09, 0x03, 0x01, 0x00, 0xa0, 0x04, 0xa2,
		0x02, 0x80, 0x00, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
		0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

	/* The SEQUENCE's length is that of what follows its two bytes. */
	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), hash, 32);
	out[1] = (uint8_t)(sizeof(head) + 32 - 2);
	*out_len = sizeof(head) + 32;
}

static PKCS7 *make_signature(const uint8_t *content, size_t len, const struct signer *signer)
{
	PKCS7 *p7 = PKCS7_new(), *inner = PKCS7_new();
	PKCS7_SIGNER_INFO *info;
	BIO *bio;

	need(p7 && inner && PKCS7_set_type(p7, NID_pkcs7_signed));
	info = PKCS7_add_signature(p7, signer->certificate, signer->key, EVP_sha256());
	need(info && PKCS7_add_certificate(p7, signer->certificate));
	need(PKCS7_add_signed_attribute(info, NID_pkcs9_contentType, V_ASN1_OBJECT,
		OBJ_txt2obj("1.3.6.1.4.1.311.2.1.4", 1)));
	need(PKCS7_content_new(p7, NID_pkcs7_data) && PKCS7_set_detached(p7, 1));
	bio = PKCS7_dataInit(p7, NULL);
	need(bio && BIO_write(bio, content + 2, (int)len - 2) > 0 && PKCS7_dataFinal(p7, bio));
	BIO_free_all(bio);
	inner->type = OBJ_txt2obj("1.3.6.1.4.1.311.2.1.4", 1);
	inner->d.other = ASN1_TYPE_new();
	need(inner->d.other != NULL);
	inner->d.other->type = V_ASN1_SEQUENCE;
	inner->d.other->value.sequence = ASN1_STRING_new();
	need(ASN1_STRING_set(inner->d.other->value.sequence, content, (int)len));
	need(PKCS7_set_content(p7, inner));
	return p7;
}

static void add_entry(struct bytes *table, PKCS7 *p7)
{
	uint8_t header[8] = {0}, *der = NULL;
	int len = i2d_PKCS7(p7, &der);

	need(len > 0);
	while ((len + 8) % 8)
		len++; /* the entry's length covers its padding, as sbsign makes it */
	put_le32(header, (uint32_t)len + 8);
	put_le16(header + 4, 0x0200);
	put_le16(header + 6, 0x0002);
	bytes_add(table, header, sizeof(header));
	bytes_add(table, der, (size_t)i2d_PKCS7(p7, NULL));
	bytes_align(table, 8);
	OPENSSL_free(der);
	PKCS7_free(p7);
}

void image_sign(struct bytes *image, const struct signer *const *signers, size_t count)
{
	uint8_t hash[BANK_DIGEST_MAX], content[88];
	struct bytes table = {0};
	struct flaw flaw;
	size_t len;

	bytes_align(image, 8);
	need(authenticode(image->data, image->len, BANK_SHA256, hash, &flaw));
	make_content(hash, content, &len);
	for (size_t i = 0; i < count; i++)
		add_entry(&table, make_signature(content, len, signers[i]));
	put_le32(image->data + CERTIFICATE_SLOT, (uint32_t)image->len);
	put_le32(image->data + CERTIFICATE_SLOT + 4, (uint32_t)table.len);
	bytes_add(image, table.data, table.len);
	bytes_free(&table);
}

void signature_list_add(struct bytes *lists, const char *type, const void *data, size_t len)
{
	uint8_t header[28 + GUID_LEN] = {0};

	guid_parse(type, header);
	memset(header + 28, 0xA5, GUID_LEN);
	put_le32(header + 16, (uint32_t)(sizeof(header) + len));
	put_le32(header + 24, (uint32_t)(GUID_LEN + len));
	bytes_add(lists, header, sizeof(header));
	bytes_add(lists, data, len);
}
