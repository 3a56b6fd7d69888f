/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates of TPM keys with their extensions, as a node sends them. Each is judged for the key
 * that it has, under a root of its own making: nothing may be accepted that no root has signed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/evidence/tpm_pki.h"
#include "tools/evidence/tpm/ek_certificate_private.h"
#include "tools/evidence/tpm/key.h"
#include "tools/evidence/tpm/stored.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ek_trust trust;

static void make_root(void)
{
	struct pki_entity root;

	if (trust.roots.list)
		return;
	root = pki_ca("Root", NULL);
	pki_add(&trust.roots, &root);
	pki_free(&root);
}

/* The readers behind the signature, which a maker's mistake could reach. */
static void read_all(X509 *cert)
{
	struct ek_identity id;
	struct failure f = cert_extensions_unique(cert);

	f = tpm_certificate_identity(cert, &id);
	if (!f.happened && strnlen(id.subject, sizeof(id.subject)) == sizeof(id.subject))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span sent = {data, size}, der;
	struct tpm_public key;
	struct ek_identity id;
	const EVP_PKEY *certified;
	X509 *cert;

	make_root();
	if (!tpm_stored_certificate(sent, &der))
		return 0;
	if (der.data < data || der.len > size || der.data + der.len > data + size)
		abort();
	cert = cert_parse(der);
	if (!cert)
		return 0;
	read_all(cert);
	certified = X509_get0_pubkey(cert);
	if (certified && tpm_key_read(certified, &key) &&
		(!ek_certificate_check(&trust, &key, &sent, 1, PKI_NOW, &id).happened ||
			!ak_certificate_check(&trust, &key, &sent, 1, PKI_NOW, &id).happened))
		abort();
	X509_free(cert);
	return 0;
}
