/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of certificates and lists, PEM and DER, and paths with lists: tools/evidence/x509. */
#include "tests/unit/test.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <unistd.h>
#include "tests/unit/evidence/tpm_pki.h"
#include "tools/evidence/x509/path.h"
#include "tools/lib/bytes.h"

static struct pki_entity root, middle, leaf;
static char file[] = "/tmp/protostar-x509-XXXXXX";

static void make_chain(void)
{
	struct pki_request r = {.name = "Leaf", .issuer = &middle};
	int fd = mkstemp(file);

	REQUIRE(fd >= 0 && close(fd) == 0);
	root = pki_ca("Root", NULL);
	middle = pki_ca("Middle", &root);
	leaf = pki_make(&r);
}

static void add_pem(struct bytes *to, const X509 *cert)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *text;
	long len;

	CHECK(PEM_write_bio_X509(out, (X509 *)(uintptr_t)cert));
	len = BIO_get_mem_data(out, &text);
	bytes_add(to, text, (size_t)len);
	BIO_free(out);
}

static bool spill(const void *data, size_t len)
{
	FILE *f = fopen(file, "wb");
	bool good = f && fwrite(data, 1, len, f) == len;

	return f && fclose(f) == 0 && good;
}

static bool refused_for(struct failure f, const char *why)
{
	if (f.happened && strstr(f.text, why))
		return true;
	fprintf(stderr, "expected \"%s\", got \"%s\"\n", why, f.happened ? f.text : "accepted");
	return false;
}

/* How many certificates this text has from memory, or 0 when it is refused. */
static size_t from_memory(const struct bytes *b)
{
	struct certs list = {0};
	struct failure f = certs_add_pem(&list, (struct span){b->data, b->len});
	size_t n = f.happened ? 0 : certs_count(&list);

	certs_free(&list);
	return n;
}

static size_t from_file(const void *data, size_t len)
{
	struct certs list = {0};
	struct failure f;
	size_t n;

	if (!spill(data, len))
		return 999;
	f = certs_load(&list, file);
	n = f.happened ? 0 : certs_count(&list);
	/* Whatever is wrong, the sentence begins with the file. */
	CHECK(!f.happened || strncmp(f.text, file, strlen(file)) == 0);
	certs_free(&list);
	return n;
}

static void test_pem(void)
{
	struct bytes b = {0};

	CHECK(from_memory(&b) == 0 && from_file("", 0) == 0);
	add_pem(&b, leaf.cert);
	add_pem(&b, middle.cert);
	CHECK(from_memory(&b) == 2 && from_file(b.data, b.len) == 2);
	bytes_add(&b, "\n \t\r\n\0", 6);
	CHECK(from_memory(&b) == 2);
	bytes_add_text(&b, "a word");
	CHECK(from_memory(&b) == 0 && from_file(b.data, b.len) == 2);
	add_pem(&b, root.cert);
	CHECK(from_memory(&b) == 0 && from_file(b.data, b.len) == 3);
	/* Cut off within the last block. */
	CHECK(from_file(b.data, b.len - 30) == 0);
	/* A byte of base64 that is none. */
	b.data[80] = '*';
	CHECK(from_file(b.data, b.len) == 0);
	bytes_free(&b);
}

static void test_der(void)
{
	struct span der = pki_der(leaf.cert);
	uint8_t *longer = malloc(der.len + 1);
	struct certs list = {0};

	REQUIRE(longer != NULL);
	memcpy(longer, der.data, der.len);
	longer[der.len] = 0;
	CHECK(from_file(der.data, der.len) == 1);
	CHECK(from_file(longer, der.len + 1) == 0 && from_file(longer, der.len - 1) == 0);
	CHECK(!cert_parse((struct span){longer, der.len + 1}));
	CHECK(refused_for(certs_add_der(&list, (struct span){longer, 10}), "not a certificate"));
	CHECK(refused_for(certs_load(&list, "/nowhere/at/all"), "/nowhere/at/all: No such file"));
	certs_free(&list);
	free(longer);
	OPENSSL_free((void *)(uintptr_t)der.data);
}

static void test_too_large(void)
{
	size_t len = (1u << 20) + 1;
	char *text = malloc(len);
	struct certs list = {0};

	REQUIRE(text != NULL);
	memset(text, '\n', len);
	REQUIRE(spill(text, len));
	CHECK(refused_for(certs_load(&list, file), "larger than 1 MiB"));
	for (size_t i = 0; i < CERTS_MAX; i++)
		pki_add(&list, &leaf);
	struct span der = pki_der(leaf.cert);

	CHECK(refused_for(certs_add_der(&list, der), "more than"));
	OPENSSL_free((void *)(uintptr_t)der.data);
	certs_free(&list);
	free(text);
}

static void test_extension(void)
{
	struct pki_request r = {.name = "Extended",
		.issuer = &root,
		.other_oid = "1.2.3.4",
		.other_value = "DER:020105"};
	struct pki_entity once = pki_make(&r), twice;
	struct span value;

	r.other_twice = true;
	twice = pki_make(&r);
	CHECK(!cert_extension(once.cert, "1.2.3.4", &value).happened);
	CHECK(value.len == 3 && memcmp(value.data, "\x02\x01\x05", 3) == 0);
	CHECK(!cert_extension(once.cert, "1.2.3.5", &value).happened && !value.len);
	CHECK(refused_for(cert_extension(twice.cert, "1.2.3.4", &value), "twice"));
	CHECK(refused_for(cert_extension(once.cert, "no such", &value), "no object identifier"));
	CHECK(!cert_extensions_unique(once.cert).happened);
	CHECK(refused_for(cert_extensions_unique(twice.cert), "1.2.3.4 twice"));
	pki_free(&once);
	pki_free(&twice);
}

static void add_list(struct crls *to, const struct pki_entity *issuer, const X509 *revoked)
{
	X509_CRL *crl = pki_crl(issuer, revoked, PKI_NOW - 100, PKI_NOW + 100);
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);

	CHECK(len > 0 && !crls_add_der(to, (struct span){der, (size_t)len}).happened);
	CHECK(crls_add_der(to, (struct span){der, (size_t)len - 1}).happened);
	OPENSSL_free(der);
	X509_CRL_free(crl);
}

/* A list demanded and missing is a refusal; so is one of the issuer's that names the certificate.
 */
static void test_lists(void)
{
	struct certs roots = {0}, intermediates = {0}, chain;
	struct crls lists = {0};
	struct path_request r = {.leaf = leaf.cert,
		.roots = &roots,
		.intermediates = &intermediates,
		.crls = &lists,
		.now_s = PKI_NOW};

	pki_add(&roots, &root);
	pki_add(&intermediates, &middle);
	REQUIRE(!path_verify(&r, &chain).happened && certs_count(&chain) == 3);
	CHECK(X509_cmp(certs_at(&chain, 0), leaf.cert) == 0);
	CHECK(X509_cmp(certs_at(&chain, 2), root.cert) == 0);
	certs_free(&chain);
	r.flags = PATH_CRL_LEAF;
	CHECK(refused_for(path_verify(&r, &chain), "list of CN = Middle") && !chain.list);
	add_list(&lists, &middle, NULL);
	CHECK(!path_verify(&r, NULL).happened);
	r.flags = PATH_CRL_ALL;
	CHECK(refused_for(path_verify(&r, NULL), "list of CN = Root"));
	add_list(&lists, &root, NULL);
	CHECK(!path_verify(&r, NULL).happened);
	r.now_s = PKI_NOW + 101;
	CHECK(refused_for(path_verify(&r, NULL), "fetch the new one"));
	r.now_s = PKI_NOW - 101;
	CHECK(refused_for(path_verify(&r, NULL), "clock"));
	/* Dates of lists count where those of certificates do not. */
	r.flags |= PATH_ALLOW_EXPIRED;
	r.now_s = PKI_NOW + 2 * PKI_YEAR;
	CHECK(refused_for(path_verify(&r, NULL), "fetch the new one"));
	crls_free(&lists);
	r.now_s = PKI_NOW;
	r.flags = PATH_CRL_LEAF;
	add_list(&lists, &middle, leaf.cert);
	CHECK(refused_for(path_verify(&r, NULL), "CN = Leaf was revoked"));
	crls_free(&lists);
	certs_free(&intermediates);
	CHECK(refused_for(
		path_verify(&r, NULL), "CN = Middle, which issued CN = Leaf, is missing"));
	certs_free(&roots);
	CHECK(refused_for(path_verify(&r, NULL), "no root"));
}

int main(void)
{
	RUN(make_chain);
	RUN(test_pem);
	RUN(test_der);
	RUN(test_too_large);
	RUN(test_extension);
	RUN(test_lists);
	unlink(file);
	pki_free(&leaf);
	pki_free(&middle);
	pki_free(&root);
	return test_summary();
}
