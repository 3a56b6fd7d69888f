/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tdx/trust.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/evidence/tdx/signature.h"
#include "tools/evidence/tdx/subject.h"

#define TEXT_SUFFIX	 ".json"
#define SIGNATURE_SUFFIX ".sig"

/* Collateral that was read: its own bytes, and what of them is signed. */
struct signed_file {
	uint8_t *text;
	struct tdx_document document;
};

static struct failure join_path(const char *folder, const char *name, char out[PATH_MAX])
{
	int len = name[0] == '/' ? snprintf(out, PATH_MAX, "%s", name)
				 : snprintf(out, PATH_MAX, "%s/%s", folder, name);

	return len < PATH_MAX ? failure_none() : refuse("the path is too long");
}

/* A file of at most max bytes, into new memory. */
static struct failure read_file(const char *path, size_t max, uint8_t **out, size_t *out_len)
{
	FILE *in = fopen(path, "re");
	uint8_t *bytes;
	bool broken;

	if (!in)
		return refuse("%s", strerror(errno));
	bytes = malloc(max + 1);
	*out_len = bytes ? fread(bytes, 1, max + 1, in) : 0;
	broken = ferror(in);
	fclose(in);
	if (bytes && !broken && *out_len <= max) {
		*out = bytes;
		return failure_none();
	}
	free(bytes);
	if (!bytes)
		return refuse("out of memory");
	return broken ? refuse("it cannot be read") : refuse("it has more than %zu bytes", max);
}

/* The signature of an inner object that stands alone: in the file beside it. */
static struct failure read_detached(const char *path, uint8_t out[TDX_SIGNATURE_LEN])
{
	size_t stem = strlen(path), len;
	char beside[PATH_MAX + sizeof(SIGNATURE_SUFFIX)];
	uint8_t *bytes = NULL;
	struct failure f;

	if (stem < strlen(TEXT_SUFFIX) || strcmp(path + stem - strlen(TEXT_SUFFIX), TEXT_SUFFIX))
		return refuse("it has no \"signature\", and its name does not end in .json, so "
			      "there is no .sig file beside it");
	stem -= strlen(TEXT_SUFFIX);
	snprintf(beside, sizeof(beside), "%.*s" SIGNATURE_SUFFIX, (int)stem, path);
	f = read_file(beside, TDX_SIGNATURE_LEN, &bytes, &len);
	if (f.happened)
		return refuse("it has no \"signature\", and its .sig file: %.200s", f.text);
	memcpy(out, bytes, len);
	free(bytes);
	return len == TDX_SIGNATURE_LEN ? failure_none() : refuse("its .sig file has not 64 bytes");
}

/* Reads a text and checks its signature. */
static struct failure read_signed(
	const struct tdx_trust *t, const char *path, const char *member, struct signed_file *out)
{
	struct tdx_document *d = &out->document;
	struct span text = {0};

	TRY_FAILURE(read_file(path, TDX_COLLATERAL_MAX, &out->text, &text.len));
	text.data = out->text;
	if (tdx_document_is(text, member)) {
		TRY_FAILURE(tdx_document_read(text, member, d));
	} else {
		d->signed_part = tdx_document_object(text);
		TRY_FAILURE(read_detached(path, d->signature));
	}
	if (!tdx_signature_good(X509_get0_pubkey(t->signer), d->signed_part, d->signature))
		return refuse("its signature is not by the signer in \"signing_chain\"");
	return failure_none();
}

const struct tdx_tcb_info *tdx_trust_tcb_info(
	const struct tdx_trust *t, const uint8_t fmspc[TDX_FMSPC_LEN], const uint8_t pceid[2])
{
	for (size_t i = 0; i < t->tcb_info_count; i++) {
		const struct tdx_tcb_info *info = &t->tcb_infos[i];

		if (memcmp(info->fmspc, fmspc, TDX_FMSPC_LEN) == 0 &&
			memcmp(info->pceid, pceid, 2) == 0)
			return info;
	}
	return NULL;
}

static struct failure load_tcb_info(struct tdx_trust *t, const char *path)
{
	struct tdx_tcb_info info = {.level_count = 0};
	struct signed_file file = {0};
	struct failure f = read_signed(t, path, "tcbInfo", &file);

	if (!f.happened)
		f = tdx_tcb_info_parse(file.document.signed_part, &info);
	free(file.text);
	if (!f.happened && tdx_trust_tcb_info(t, info.fmspc, info.pceid)) {
		tdx_tcb_info_free(&info);
		f = refuse("another TCB info is of the same kind of platform: keep the newer");
	}
	if (!f.happened)
		t->tcb_infos[t->tcb_info_count++] = info;
	return f;
}

static struct failure load_qe_identity(struct tdx_trust *t, const char *path)
{
	struct tdx_qe_identity identity = {.isvprodid = 0};
	struct signed_file file = {0};
	struct failure f = read_signed(t, path, "enclaveIdentity", &file);

	if (!f.happened)
		f = tdx_qe_identity_parse(file.document.signed_part, &identity);
	free(file.text);
	if (!f.happened && t->qe_identity) {
		tdx_qe_identity_free(&identity);
		f = refuse("another identity of the quoting enclave is named: keep the newer");
	}
	if (f.happened)
		return f;
	t->qe_identity = malloc(sizeof(*t->qe_identity));
	if (!t->qe_identity) {
		tdx_qe_identity_free(&identity);
		return refuse("out of memory");
	}
	*t->qe_identity = identity;
	return failure_none();
}

static struct failure load_root(struct tdx_trust *t, const char *path)
{
	return certs_load(&t->roots, path);
}

static struct failure load_signing_chain(struct tdx_trust *t, const char *path)
{
	TRY_FAILURE(certs_load(&t->signing_chain, path));
	for (size_t i = 0; i < certs_count(&t->signing_chain); i++) {
		X509 *cert = certs_at(&t->signing_chain, i);

		if (!tdx_subject_begins(cert, "Intel SGX TCB Signing"))
			continue;
		if (t->signer)
			return refuse("it has two certificates of signers");
		t->signer = cert;
	}
	return t->signer ? failure_none()
			 : refuse("it has no certificate of \"Intel SGX TCB Signing\"");
}

static struct failure load_crl(struct tdx_trust *t, const char *path)
{
	return crls_load(&t->crls, path);
}

/* What x509/ reads names the file itself. */
static struct failure load_all(struct tdx_trust *t, const struct tdx_files *files,
	const char *folder, struct failure (*load)(struct tdx_trust *t, const char *path))
{
	char path[PATH_MAX];

	for (size_t i = 0; i < files->count; i++) {
		struct failure f = join_path(folder, files->names[i], path);

		if (!f.happened)
			f = load(t, path);
		if (f.happened && strncmp(f.text, path, strlen(path)) != 0)
			return refuse("%.200s: %.280s", files->names[i], f.text);
		if (f.happened)
			return f;
	}
	return failure_none();
}

static struct failure check_roots(const struct tdx_trust *t)
{
	for (size_t i = 0; i < certs_count(&t->roots); i++)
		if (X509_self_signed(certs_at(&t->roots, i), 1) != 1)
			return refuse("a certificate in \"roots\" does not sign itself: give "
				      "Intel's SGX Root CA");
	return failure_none();
}

struct failure tdx_trust_load(struct tdx_trust *t, const char *folder)
{
	if (!t->root_files.count || !t->tcb_info_files.count || !t->qe_identity_files.count ||
		!t->signing_chain_files.count || (!t->crl_files.count && !t->no_revocation))
		return refuse("TDX evidence needs \"roots\", \"tcb_info\", \"qe_identity\", "
			      "\"signing_chain\" and \"crls\"");
	TRY_FAILURE(load_all(t, &t->root_files, folder, load_root));
	TRY_FAILURE(check_roots(t));
	TRY_FAILURE(load_all(t, &t->signing_chain_files, folder, load_signing_chain));
	TRY_FAILURE(load_all(t, &t->crl_files, folder, load_crl));
	t->tcb_infos = calloc(t->tcb_info_files.count, sizeof(*t->tcb_infos));
	if (!t->tcb_infos)
		return refuse("out of memory");
	TRY_FAILURE(load_all(t, &t->tcb_info_files, folder, load_tcb_info));
	return load_all(t, &t->qe_identity_files, folder, load_qe_identity);
}

static void free_files(struct tdx_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->names[i]);
	free(f->names);
}

void tdx_trust_free(struct tdx_trust *t)
{
	free_files(&t->root_files);
	free_files(&t->tcb_info_files);
	free_files(&t->qe_identity_files);
	free_files(&t->crl_files);
	free_files(&t->signing_chain_files);
	free(t->allow.ppids);
	free(t->deny.ppids);
	certs_free(&t->roots);
	certs_free(&t->signing_chain);
	crls_free(&t->crls);
	for (size_t i = 0; i < t->tcb_info_count; i++)
		tdx_tcb_info_free(&t->tcb_infos[i]);
	free(t->tcb_infos);
	if (t->qe_identity)
		tdx_qe_identity_free(t->qe_identity);
	free(t->qe_identity);
	*t = (struct tdx_trust){.min_evaluation = 0};
}
