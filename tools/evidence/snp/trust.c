/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/trust.h"

#include <limits.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "tools/evidence/snp/root.h"

static struct failure join_path(const char *folder, const char *name, char out[PATH_MAX])
{
	int len = name[0] == '/' ? snprintf(out, PATH_MAX, "%s", name)
				 : snprintf(out, PATH_MAX, "%s/%s", folder, name);

	return len < PATH_MAX ? failure_none() : refuse("the path %.64s... is too long", name);
}

static struct failure load_roots(struct snp_trust *t, const char *folder)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < t->root_files.count; i++) {
		TRY_FAILURE(join_path(folder, t->root_files.names[i], path));
		TRY_FAILURE(certs_load(&t->roots, path));
	}
	return failure_none();
}

static struct failure load_crls(struct snp_trust *t, const char *folder)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < t->crl_files.count; i++) {
		TRY_FAILURE(join_path(folder, t->crl_files.names[i], path));
		TRY_FAILURE(crls_load(&t->crls, path));
	}
	return failure_none();
}

static struct failure check_roots(const struct snp_trust *t)
{
	unsigned have = 0;

	for (int i = 0; i < sk_X509_num(t->roots.list); i++) {
		X509 *root = sk_X509_value(t->roots.list, i);
		enum snp_product product;

		TRY_FAILURE(snp_root_product(root, &product));
		if (X509_self_signed(root, 1) != 1)
			return refuse("the certificate ARK-%s in \"roots\" does not sign itself",
				snp_product_name(product));
		have |= 1u << product;
	}
	for (unsigned p = 0; p < SNP_PRODUCTS; p++)
		if (t->products & ~have & 1u << p)
			return refuse("\"products\" names %s, and \"roots\" has no ARK-%s",
				snp_product_name(p), snp_product_name(p));
	return failure_none();
}

/* Moves one certificate to where its kind belongs. */
static struct failure sort_cert(struct snp_trust *t, X509 *cert)
{
	struct snp_known_vek known = {.cert = cert};
	struct certs *list = X509_check_ca(cert) > 0 ? &t->intermediates : &t->leaves;

	if (list == &t->leaves)
		TRY_FAILURE(snp_vek_read(cert, &known.says));
	if (!list->list)
		list->list = sk_X509_new_null();
	if (!list->list || X509_up_ref(cert) != 1)
		return refuse("out of memory");
	if (sk_X509_push(list->list, cert) <= 0) {
		X509_free(cert);
		return refuse("out of memory");
	}
	if (list == &t->leaves)
		t->veks[t->vek_count++] = known;
	return failure_none();
}

static struct failure sort_certs(struct snp_trust *t, const struct certs *file)
{
	size_t count = (size_t)sk_X509_num(file->list);
	struct snp_known_vek *veks = realloc(t->veks, (t->vek_count + count) * sizeof(*veks));

	if (!veks)
		return refuse("out of memory");
	t->veks = veks;
	for (size_t i = 0; i < count; i++)
		TRY_FAILURE(sort_cert(t, sk_X509_value(file->list, (int)i)));
	return failure_none();
}

static struct failure load_certificates(struct snp_trust *t, const char *folder)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < t->certificate_files.count; i++) {
		const char *name = t->certificate_files.names[i];
		struct certs file = {0};
		struct failure f;

		TRY_FAILURE(join_path(folder, name, path));
		TRY_FAILURE(certs_load(&file, path));
		f = sort_certs(t, &file);
		certs_free(&file);
		if (f.happened)
			return refuse("%.200s: %.280s", name, f.text);
	}
	return failure_none();
}

struct failure snp_trust_load(struct snp_trust *t, const char *folder)
{
	if (!t->root_files.count || !t->products)
		return refuse("SEV-SNP evidence needs \"roots\" and \"products\"");
	TRY_FAILURE(load_roots(t, folder));
	TRY_FAILURE(check_roots(t));
	TRY_FAILURE(load_crls(t, folder));
	return load_certificates(t, folder);
}

static void free_files(struct snp_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->names[i]);
	free(f->names);
}

void snp_trust_free(struct snp_trust *t)
{
	free_files(&t->root_files);
	free_files(&t->certificate_files);
	free_files(&t->crl_files);
	free(t->allow.ids);
	free(t->deny.ids);
	free(t->veks);
	certs_free(&t->roots);
	certs_free(&t->intermediates);
	certs_free(&t->leaves);
	crls_free(&t->crls);
	memset(t, 0, sizeof(*t));
}
