/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/evidence/snp_pki.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define AMD    "1.3.6.1.4.1.3704.1."
#define DAY_S  86400
#define YEAR_S (365 * DAY_S)

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "snp_pki: cannot make %s\n", what);
	abort();
}

struct snp_pki_spec snp_pki_spec(enum snp_product product, enum snp_key key, int64_t now_s)
{
	static const char *const arks[] = {"ARK-Milan", "ARK-Genoa", "ARK-Turin"};
	static const char *const asks[] = {"SEV-Milan", "SEV-Genoa", "SEV-Turin"};
	static const char *const asvks[] = {"SEV-VLEK-Milan", "SEV-VLEK-Genoa", "SEV-VLEK-Turin"};
	struct snp_pki_spec s = {
		.product = product,
		.key = key,
		.csp = key == SNP_KEY_VLEK ? "CN=cloud.example" : NULL,
		.hwid = key == SNP_KEY_VCEK,
		.not_before_s = now_s - DAY_S,
		.not_after_s = now_s + YEAR_S,
		.ark_name = arks[product],
		.ask_name = (key == SNP_KEY_VLEK ? asvks : asks)[product],
		.product_name = product == SNP_MILAN && key == SNP_KEY_VCEK
					? "Milan-B0"
					: snp_product_name(product),
	};

	for (size_t i = 0; i < SNP_TCB_LEN; i++)
		if (snp_component_of_byte(product, i) != SNP_NO_COMPONENT)
			s.tcb[i] = (uint8_t)(0x20 * (i + 1) - 1);
	for (size_t i = 0; key == SNP_KEY_VCEK && i < snp_chip_id_len(product); i++)
		s.chip_id[i] = (uint8_t)(0xc0 + i);
	return s;
}

static X509_NAME *name_of(const char *common_name)
{
	X509_NAME *name = X509_NAME_new();

	must(name &&
			X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
				(const uint8_t *)"Advanced Micro Devices (of a test)", -1, -1,
				0) == 1 &&
			X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				(const uint8_t *)common_name, -1, -1, 0) == 1,
		"a name");
	return name;
}

/* A signing context of RSA-PSS with SHA-384, or of PKCS #1 where the spec wants it wrong. */
static EVP_MD_CTX *signing(const struct snp_pki_spec *s, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *rsa = NULL;

	must(ctx && EVP_DigestSignInit(ctx, &rsa, EVP_sha384(), NULL, key) == 1, "a signature");
	if (!s->pkcs1)
		must(EVP_PKEY_CTX_set_rsa_padding(rsa, RSA_PKCS1_PSS_PADDING) == 1 &&
				EVP_PKEY_CTX_set_rsa_pss_saltlen(rsa, 48) == 1 &&
				EVP_PKEY_CTX_set_rsa_mgf1_md(rsa, EVP_sha384()) == 1,
			"a PSS signature");
	return ctx;
}

static void add_raw(X509 *cert, const char *oid, const uint8_t *data, size_t len)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	X509_EXTENSION *ext = NULL;

	must(value && object && ASN1_OCTET_STRING_set(value, data, (int)len) == 1, "a value");
	ext = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
	must(ext && X509_add_ext(cert, ext, -1) == 1, "an extension");
	X509_EXTENSION_free(ext);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(value);
}

static void add_text(X509 *cert, const char *oid, const char *text)
{
	uint8_t value[2 + SNP_CSP_ID_MAX] = {V_ASN1_IA5STRING, (uint8_t)strlen(text)};

	memcpy(value + 2, text, strlen(text));
	add_raw(cert, oid, value, 2 + strlen(text));
}

static void add_number(X509 *cert, const char *oid, uint8_t number)
{
	const uint8_t small[] = {V_ASN1_INTEGER, 1, number};
	const uint8_t big[] = {V_ASN1_INTEGER, 2, 0, number};

	if (number < 0x80)
		add_raw(cert, oid, small, sizeof(small));
	else
		add_raw(cert, oid, big, sizeof(big));
}

static void add_known(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	must(ext && X509_add_ext(cert, ext, -1) == 1, "an extension");
	X509_EXTENSION_free(ext);
}

static X509 *start_cert(const struct snp_pki_spec *s, EVP_PKEY *key, const char *subject,
	const char *issuer, long serial)
{
	X509_NAME *subject_name = name_of(subject), *issuer_name = name_of(issuer);
	X509 *cert = X509_new();

	must(cert && X509_set_version(cert, X509_VERSION_3) == 1 &&
			ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) == 1 &&
			ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)s->not_before_s) &&
			ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)s->not_after_s) &&
			X509_set_subject_name(cert, subject_name) == 1 &&
			X509_set_issuer_name(cert, issuer_name) == 1 &&
			X509_set_pubkey(cert, key) == 1,
		"a certificate");
	X509_NAME_free(subject_name);
	X509_NAME_free(issuer_name);
	return cert;
}

static void end_cert(const struct snp_pki_spec *s, X509 *cert, EVP_PKEY *issuer_key)
{
	EVP_MD_CTX *ctx = signing(s, issuer_key);

	must(X509_sign_ctx(cert, ctx) > 0, "a signed certificate");
	EVP_MD_CTX_free(ctx);
}

static void add_hwid(const struct snp_pki_spec *s, X509 *cert)
{
	size_t len = snp_chip_id_len(s->product);
	uint8_t wrapped[2 + SNP_CHIP_ID_LEN] = {V_ASN1_OCTET_STRING, (uint8_t)len};

	memcpy(wrapped + 2, s->chip_id, len);
	if (s->hwid_wrapped)
		add_raw(cert, AMD "4", wrapped, 2 + len);
	else
		add_raw(cert, AMD "4", s->chip_id, len);
}

static X509 *make_vek(const struct snp_pki *p)
{
	const struct snp_pki_spec *s = &p->spec;
	X509 *cert = start_cert(s, p->vek_key, s->key == SNP_KEY_VCEK ? "SEV-VCEK" : "SEV-VLEK",
		s->vek_by_ark ? s->ark_name : s->ask_name, 0);
	char oid[64];

	add_number(cert, AMD "1", s->product == SNP_TURIN);
	add_text(cert, AMD "2", s->product_name);
	for (size_t i = 0; i < SNP_TCB_LEN; i++) {
		snprintf(oid, sizeof(oid), AMD "3.%u", snp_spl_of_byte(s->product, i));
		add_number(cert, oid, s->tcb[i]);
	}
	if (s->hwid)
		add_hwid(s, cert);
	if (s->hwid_twice)
		add_hwid(s, cert);
	if (s->csp)
		add_text(cert, AMD "5", s->csp);
	end_cert(s, cert, s->vek_by_ark ? p->ark_key : p->ask_key);
	return cert;
}

static X509 *make_ca(const struct snp_pki *p, EVP_PKEY *key, const char *name, bool ca, long serial)
{
	X509 *cert = start_cert(&p->spec, key, name, p->spec.ark_name, serial);

	add_known(cert, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (ca)
		add_known(cert, NID_key_usage, "critical,keyCertSign,cRLSign");
	end_cert(&p->spec, cert, key == p->ark_key && p->spec.ark_by_ask ? p->ask_key : p->ark_key);
	return cert;
}

/* Making RSA keys takes most of a test's time: four of them take turns. */
static EVP_PKEY *next_rsa(void)
{
	static EVP_PKEY *keys[4];
	static unsigned next;
	EVP_PKEY **key = &keys[next++ % 4];

	if (!*key)
		*key = EVP_RSA_gen(2048);
	must(*key && EVP_PKEY_up_ref(*key) == 1, "an RSA key");
	return *key;
}

void snp_pki_make(struct snp_pki *p, const struct snp_pki_spec *spec)
{
	p->spec = *spec;
	p->ark_key = next_rsa();
	p->ask_key = next_rsa();
	p->vek_key = EVP_EC_gen(spec->p256 ? "P-256" : "P-384");
	must(p->vek_key, "a key");
	p->ark = make_ca(p, p->ark_key, spec->ark_name, true, 65536);
	p->ask = make_ca(p, p->ask_key, spec->ask_name, !spec->ask_is_no_ca, 65537);
	p->vek = make_vek(p);
}

void snp_pki_free(struct snp_pki *p)
{
	X509_free(p->ark);
	X509_free(p->ask);
	X509_free(p->vek);
	EVP_PKEY_free(p->ark_key);
	EVP_PKEY_free(p->ask_key);
	EVP_PKEY_free(p->vek_key);
	memset(p, 0, sizeof(*p));
}

void snp_pki_report(const struct snp_pki *p, const uint8_t report_data[SNP_REPORT_DATA_LEN],
	uint8_t out[SNP_REPORT_LEN])
{
	static const uint8_t cpuid[SNP_PRODUCTS][3] = {
		{0x19, 0x01, 0x01}, {0x19, 0x11, 0x01}, {0x1a, 0x02, 0x01}};
	static const size_t tcb_at[] = {0x038, 0x180, 0x1e0, 0x1f0};
	static const uint8_t version[] = {29, 55, 1, 0};

	memset(out, 0, SNP_REPORT_LEN);
	out[0x000] = 5;
	out[0x00a] = 3; /* POLICY: SMT, and the bit that is always 1 */
	out[0x034] = 1;
	for (size_t i = 0; i < sizeof(tcb_at) / sizeof(tcb_at[0]); i++)
		memcpy(out + tcb_at[i], p->spec.tcb, SNP_TCB_LEN);
	out[0x040] = 0x25; /* PLATFORM_INFO: SMT, ECC, alias check */
	out[0x048] = (uint8_t)(p->spec.key << 2);
	memcpy(out + 0x050, report_data, SNP_REPORT_DATA_LEN);
	memset(out + 0x090, 0x11, SNP_MEASUREMENT_LEN);
	memset(out + 0x140, 0x22, 32);
	memset(out + 0x160, 0xff, 32);
	memcpy(out + 0x188, cpuid[p->spec.product], 3);
	memcpy(out + 0x1a0, p->spec.chip_id, SNP_CHIP_ID_LEN);
	memcpy(out + 0x1e8, version, sizeof(version));
	memcpy(out + 0x1ec, version, sizeof(version));
	out[0x1f8] = out[0x200] = 1;
	snp_pki_sign(p, out);
}

void snp_pki_sign(const struct snp_pki *p, uint8_t report[SNP_REPORT_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[256];
	const uint8_t *at = der;
	size_t len = sizeof(der);
	ECDSA_SIG *signature;

	must(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, p->vek_key) == 1 &&
			EVP_DigestSign(ctx, der, &len, report, SNP_REPORT_SIGNED) == 1,
		"a report's signature");
	signature = d2i_ECDSA_SIG(NULL, &at, (long)len);
	memset(report + SNP_REPORT_SIGNED, 0, SNP_REPORT_LEN - SNP_REPORT_SIGNED);
	must(signature && BN_bn2lebinpad(ECDSA_SIG_get0_r(signature), report + 0x2a0, 72) == 72 &&
			BN_bn2lebinpad(ECDSA_SIG_get0_s(signature), report + 0x2e8, 72) == 72,
		"a report's signature");
	ECDSA_SIG_free(signature);
	EVP_MD_CTX_free(ctx);
}

static void put_u32(uint8_t *at, size_t v)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> 8 * i);
}

size_t snp_pki_table(const struct snp_pki *p, uint8_t out[SNP_PKI_TABLE_CAP])
{
	static const uint8_t vcek[] = {0x8d, 0x75, 0xda, 0x63, 0x64, 0xe6, 0x64, 0x45, 0xad, 0xc5,
		0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd};
	static const uint8_t vlek[] = {0xc2, 0x4b, 0x07, 0xa8, 0x5a, 0xa2, 0x3e, 0x48, 0xaa, 0xe6,
		0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1};
	static const uint8_t ask[] = {0x79, 0xb3, 0xb7, 0x4a, 0xac, 0xbb, 0xe4, 0x4f, 0xa0, 0x2f,
		0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82};
	static const uint8_t ark[] = {0xa4, 0x06, 0xb4, 0xc0, 0x03, 0xa8, 0x52, 0x49, 0x97, 0x43,
		0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae};
	const struct {
		const uint8_t *guid;
		X509 *cert;
	} entries[] = {
		{p->spec.key == SNP_KEY_VCEK ? vcek : vlek, p->vek}, {ask, p->ask}, {ark, p->ark}};
	size_t at = 4 * 24;

	memset(out, 0, SNP_PKI_TABLE_CAP);
	for (size_t i = 0; i < 3; i++) {
		int len = i2d_X509(entries[i].cert, NULL);
		uint8_t *der = out + at;

		must(len > 0 && at + (size_t)len <= SNP_PKI_TABLE_CAP, "a table");
		i2d_X509(entries[i].cert, &der);
		memcpy(out + 24 * i, entries[i].guid, 16);
		put_u32(out + 24 * i + 16, at);
		put_u32(out + 24 * i + 20, (size_t)len);
		at += (size_t)len;
	}
	return at;
}

void snp_pki_write(const X509 *cert, const char *path)
{
	FILE *f = fopen(path, "w");

	must(f && PEM_write_X509(f, cert) == 1 && fclose(f) == 0, path);
}

static void revoke(X509_CRL *crl, const X509 *cert, ASN1_TIME *when)
{
	ASN1_INTEGER *serial = ASN1_INTEGER_dup(X509_get0_serialNumber(cert));
	X509_REVOKED *entry = X509_REVOKED_new();

	must(entry && X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
			X509_REVOKED_set_revocationDate(entry, when) == 1 &&
			X509_CRL_add0_revoked(crl, entry) == 1,
		"a revoked certificate");
	ASN1_INTEGER_free(serial);
}

void snp_pki_write_crl(const struct snp_pki *p, bool revoke_ask, int64_t this_update_s,
	int64_t next_update_s, const char *path)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)this_update_s);
	ASN1_TIME *until = ASN1_TIME_set(NULL, (time_t)next_update_s);
	EVP_MD_CTX *ctx = signing(&p->spec, p->ark_key);
	X509_CRL *crl = X509_CRL_new();
	FILE *f = fopen(path, "w");

	must(from && until && crl && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
			X509_CRL_set_issuer_name(crl, X509_get_subject_name(p->ark)) == 1 &&
			X509_CRL_set1_lastUpdate(crl, from) == 1 &&
			X509_CRL_set1_nextUpdate(crl, until) == 1,
		"a revocation list");
	if (revoke_ask)
		revoke(crl, p->ask, from);
	must(X509_CRL_sign_ctx(crl, ctx) > 0, "a signed revocation list");
	must(f && PEM_write_X509_CRL(f, crl) == 1 && fclose(f) == 0, path);
	X509_CRL_free(crl);
	EVP_MD_CTX_free(ctx);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
}
