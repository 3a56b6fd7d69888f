/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real certificates of TPM keys (tests/unit/data/evidence/tpm, its path is the argument), each with
 * its verdict at the time of 2025-11-24, and what is spoiled of them.
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include "tests/unit/evidence/tpm_pki.h"
#include "tools/evidence/tpm/stored.h"
#include "tools/evidence/x509/path.h"

#define FILE_MAX 4096u

static const char *folder;
static struct ek_trust trust;

static size_t slurp(const char *name, uint8_t out[FILE_MAX])
{
	char path[512];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rb");
	n = f ? fread(out, 1, FILE_MAX, f) : 0;
	if (f)
		fclose(f);
	return n;
}

static struct failure load(struct certs *to, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return certs_load(to, path);
}

static void load_trust(void)
{
	static const char *const roots[] = {"roots.pem", "nuvoton-root-2110.pem",
		"nuvoton-root-2111.pem", "gcp-ak-root.der", "gcp-ek-ak-ca-root.der",
		"gcp-tpm-ek-root-1.der"};
	static const char *const intermediates[] = {"intermediates.pem", "gcp-ak-intermediate.der",
		"gcp-ek-intermediate.der", "gcp-ek-ak-ca-intermediate-v3.der",
		"gcp-tpm-ek-intermediate-2.der", "gcp-tpm-ek-intermediate-3.der"};

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		REQUIRE(!load(&trust.roots, roots[i]).happened);
	for (size_t i = 0; i < sizeof(intermediates) / sizeof(intermediates[0]); i++)
		REQUIRE(!load(&trust.intermediates, intermediates[i]).happened);
	CHECK(certs_count(&trust.roots) == 31);
}

/* The key of the certificate that a file has. */
static struct tpm_public key_in(const uint8_t *bytes, size_t len)
{
	struct tpm_public none = {0}, key;
	struct span der;
	X509 *cert;

	if (!tpm_stored_certificate((struct span){bytes, len}, &der))
		return none;
	cert = cert_parse(der);
	if (!cert)
		return none;
	key = pki_public(cert);
	X509_free(cert);
	return key;
}

enum kind { AS_EK, AS_AK };

static struct failure judge(const struct ek_trust *t, const char *name, enum kind kind,
	int64_t now_s, struct ek_identity *out)
{
	uint8_t bytes[FILE_MAX];
	size_t len = slurp(name, bytes);
	struct tpm_public key = key_in(bytes, len);
	struct span sent = {bytes, len};

	if (!len)
		return refuse("no such file");
	return kind == AS_EK ? ek_certificate_check(t, &key, &sent, 1, now_s, out)
			     : ak_certificate_check(t, &key, &sent, 1, now_s, out);
}

static bool refused_for(struct failure f, const char *why)
{
	if (f.happened && strstr(f.text, why))
		return true;
	fprintf(stderr, "expected \"%s\", got \"%s\"\n", why, f.happened ? f.text : "accepted");
	return false;
}

#define USAGE_EK "key usage has no keyEncipherment or keyAgreement"
#define USAGE_AK "key usage has no digitalSignature"

/* Of each file: what it is as an EK's certificate, and as an AK's; NULL: good. */
static void test_verdicts(void)
{
	static const struct {
		const char *file, *as_ek, *as_ak;
	} samples[] = {
		{"st-rsa.der", NULL, USAGE_AK},
		{"st-rsa-trailing-ff.der", NULL, USAGE_AK},
		{"st-ecc.der", NULL, USAGE_AK},
		{"nuvoton-2111-a.der", NULL, USAGE_AK},
		{"nuvoton-2111-b.der", NULL, USAGE_AK},
		{"infineon-slb9665-ca029.der", NULL, USAGE_AK},
		{"gcp-ek.der", NULL, USAGE_AK},
		{"gcp-pca-tpm-rsa-enc-cert.der", NULL, USAGE_AK},
		{"gcp-uca-tpm-rsa-enc-cert.der", NULL, USAGE_AK},
		{"gcp-uca-tpm-ecc-enc-cert.der", NULL, USAGE_AK},
		{"gcp-ak.der", USAGE_EK, NULL},
		{"gcp-pca-tpm-rsa-sign-cert.der", USAGE_EK, NULL},
		{"gcp-pca-tpm-ecc-sign-cert.der", USAGE_EK, NULL},
		{"gcp-uca-tpm-rsa-sign-cert.der", USAGE_EK, NULL},
		{"nuvoton-2010-padded.der", "RSAES-OAEP", "RSAES-OAEP"},
		{"st-ca02-oaep-expired.der", "RSAES-OAEP", "RSAES-OAEP"},
		{"tcg-header-7-bytes.bin", "RSAES-OAEP", "RSAES-OAEP"},
		{"fake-st-intermediate.der", "a CA's", "a CA's"},
		{"gcp-ak-intermediate.der", "a CA's", "a CA's"},
		{"gcp-ek-ak-ca-root.der", "a CA's", "a CA's"},
	};
	struct ek_identity id;

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct failure ek = judge(&trust, samples[i].file, AS_EK, PKI_NOW, &id);
		struct failure ak = judge(&trust, samples[i].file, AS_AK, PKI_NOW, &id);

		if (!samples[i].as_ek && ek.happened)
			fprintf(stderr, "%s: %s\n", samples[i].file, ek.text);
		if (!samples[i].as_ak && ak.happened)
			fprintf(stderr, "%s: %s\n", samples[i].file, ak.text);
		CHECK(samples[i].as_ek ? refused_for(ek, samples[i].as_ek) : !ek.happened);
		CHECK(samples[i].as_ak ? refused_for(ak, samples[i].as_ak) : !ak.happened);
	}
}

/* Its header and padding are taken away; its chain is one that nobody here has a root of. */
static void test_security_assertions(void)
{
	uint8_t bytes[FILE_MAX];
	size_t len = slurp("tcg-header-security-assertions.bin", bytes);
	struct ek_identity id;
	struct span der;

	REQUIRE(tpm_stored_certificate((struct span){bytes, len}, &der));
	CHECK(der.len == 1397 && der.data == bytes + 7 && len == 7 + 1397 + 300);
	CHECK(judge(&trust, "tcg-header-security-assertions.bin", AS_EK, PKI_NOW, &id).happened);
}

static void test_identities(void)
{
	struct ek_identity id;

	REQUIRE(!judge(&trust, "st-rsa.der", AS_EK, PKI_NOW, &id).happened);
	CHECK(id.manufacturer == 0x53544D20 && !strcmp(id.manufacturer_text, "id:53544D20"));
	CHECK(!strcmp(id.model, "ST33HTPHAHB4") && !strcmp(id.version, "id:00490004"));
	CHECK(id.not_after_s == 1846886400 && strstr(id.issuer, "STM TPM EK Intermediate CA 05"));
	CHECK(!id.zone[0] && !id.instance_id);
	/* One RDN of three attributes. */
	REQUIRE(!judge(&trust, "nuvoton-2111-a.der", AS_EK, PKI_NOW, &id).happened);
	CHECK(id.manufacturer == 0x4E544300 && !strcmp(id.model, "NPCT75x"));
	CHECK(!strcmp(id.version, "id:00070002"));
	REQUIRE(!judge(&trust, "infineon-slb9665-ca029.der", AS_EK, PKI_NOW, &id).happened);
	CHECK(id.manufacturer == 0x49465800 && !strcmp(id.model, "SLB 9665"));
	/* Google's say whose machine it is, and not who made the TPM. */
	REQUIRE(!judge(&trust, "gcp-ek.der", AS_EK, PKI_NOW, &id).happened);
	CHECK(id.manufacturer == 0 && !id.manufacturer_text[0]);
	CHECK(!strcmp(id.zone, "us-central1-a") && !strcmp(id.project, "core-eso"));
	CHECK(id.instance_id == 6524697943022743941u && id.instance[0]);
	REQUIRE(!judge(&trust, "gcp-ak.der", AS_AK, PKI_NOW, &id).happened);
	CHECK(id.instance_id == 6524697943022743941u);
}

static void test_clock(void)
{
	struct ek_trust lenient = trust;
	struct ek_identity id;

	CHECK(refused_for(judge(&trust, "st-rsa.der", AS_EK, 0, &id), "clock"));
	CHECK(refused_for(judge(&trust, "st-rsa.der", AS_EK, 4102444800, &id), "expired at"));
	CHECK(refused_for(judge(&trust, "st-rsa.der", AS_EK, 1846886401, &id), "expired at"));
	lenient.allow_expired = true;
	CHECK(!judge(&lenient, "st-rsa.der", AS_EK, 1846886401, &id).happened);
	CHECK(!judge(&lenient, "st-rsa.der", AS_EK, 4102444800, &id).happened);
	/* What begins later is not expired: 1970 stays refused. */
	CHECK(refused_for(judge(&lenient, "st-rsa.der", AS_EK, 0, &id), "clock"));
}

/* The fake has the name and nothing else: neither trusted, nor in the way of the real one. */
static void test_fake_st_intermediate(void)
{
	struct ek_trust t = {.roots = trust.roots};
	uint8_t leaf[FILE_MAX], fake[FILE_MAX];
	struct span sent[2] = {
		{leaf, slurp("st-rsa.der", leaf)}, {fake, slurp("fake-st-intermediate.der", fake)}};
	struct tpm_public key = key_in(leaf, sent[0].len);
	struct ek_identity id;

	REQUIRE(sent[0].len && sent[1].len);
	CHECK(!ek_certificate_check(&trust, &key, sent, 2, PKI_NOW, &id).happened);
	CHECK(refused_for(ek_certificate_check(&t, &key, sent, 2, PKI_NOW, &id),
		"STM TPM EK Intermediate CA 05, which issued"));
}

/* The real fake's path, as an issuer's: it ends at a root that nobody configured. */
static void test_fake_is_no_issuer(void)
{
	uint8_t bytes[FILE_MAX];
	X509 *fake = cert_parse((struct span){bytes, slurp("fake-st-intermediate.der", bytes)});
	struct path_request r = {.leaf = fake,
		.roots = &trust.roots,
		.intermediates = &trust.intermediates,
		.now_s = PKI_NOW};

	REQUIRE(fake != NULL);
	CHECK(refused_for(path_verify(&r, NULL), "Fake Root CA"));
	X509_free(fake);
}

/* Google's list of intermediates ended in 2024: judged by its dates at the service's time. */
static void test_list(void)
{
	struct ek_trust t = trust;
	struct ek_identity id;
	char path[512];

	snprintf(path, sizeof(path), "%s/gcp-intermediate.crl", folder);
	t.crls.list = NULL;
	REQUIRE(!crls_load(&t.crls, path).happened);
	CHECK(!judge(&t, "gcp-ek.der", AS_EK, 1715300000, &id).happened);
	CHECK(refused_for(judge(&t, "gcp-ek.der", AS_EK, PKI_NOW, &id), "fetch the new one"));
	CHECK(refused_for(judge(&t, "gcp-ek.der", AS_EK, 1715000000, &id), "begins at"));
	/* Of other makers there is none, and none is asked for. */
	CHECK(!judge(&t, "st-rsa.der", AS_EK, PKI_NOW, &id).happened);
	crls_free(&t.crls);
}

static void test_padding(void)
{
	uint8_t bytes[FILE_MAX], stored[FILE_MAX];
	size_t len = slurp("st-rsa.der", bytes);
	struct span der;

	REQUIRE(len == 1169);
	for (unsigned pad = 0; pad < 256; pad++) {
		bool allowed = pad == 0xff || pad == 0x00 || pad == 0x11;

		memset(bytes + len, (int)pad, 64);
		CHECK(tpm_stored_certificate((struct span){bytes, len + 64}, &der) == allowed);
	}
	memset(bytes + len, 0xff, 64);
	bytes[len + 63] = 0;
	CHECK(!tpm_stored_certificate((struct span){bytes, len + 64}, &der));
	for (size_t cut = 0; cut < len; cut++)
		CHECK(!tpm_stored_certificate((struct span){bytes, cut}, &der));
	/* With the header, whose length has to fit. */
	memcpy(stored, "\x10\x01\x00\x04\x93\x10\x02", 7);
	memcpy(stored + 7, bytes, len);
	CHECK(tpm_stored_certificate((struct span){stored, 7 + len}, &der) && der.len == len);
	stored[4]++;
	CHECK(!tpm_stored_certificate((struct span){stored, 7 + len}, &der));
	stored[4]--;
	CHECK(!tpm_stored_certificate((struct span){stored, 6 + len}, &der));
}

/* Nothing of what a certificate says can change and it be accepted. */
static void test_flipped_bits(void)
{
	uint8_t bytes[FILE_MAX];
	size_t len = slurp("st-ecc.der", bytes);
	struct tpm_public key = key_in(bytes, len);
	struct ek_identity id;
	struct span sent = {bytes, len};
	unsigned accepted = 0;

	REQUIRE(len && !ek_certificate_check(&trust, &key, &sent, 1, PKI_NOW, &id).happened);
	for (size_t bit = 0; bit < len * 8; bit += 7) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		accepted += !ek_certificate_check(&trust, &key, &sent, 1, PKI_NOW, &id).happened;
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CHECK(accepted == 0);
}

static void test_clouds_parse(void)
{
	struct certs list = {0};

	CHECK(!load(&list, "alibaba-vtpm-cas.pem").happened && certs_count(&list) == 1);
	CHECK(!load(&list, "nuvoton-root-2110.der").happened && certs_count(&list) == 2);
	CHECK(load(&list, "st-rsa-trailing-ff.der").happened);
	CHECK(load(&list, "gcp-intermediate.crl").happened);
	certs_free(&list);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	RUN(load_trust);
	RUN(test_verdicts);
	RUN(test_security_assertions);
	RUN(test_identities);
	RUN(test_clock);
	RUN(test_fake_st_intermediate);
	RUN(test_fake_is_no_issuer);
	RUN(test_list);
	RUN(test_padding);
	RUN(test_flipped_bits);
	RUN(test_clouds_parse);
	ek_trust_free(&trust);
	return test_summary();
}
