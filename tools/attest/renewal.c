/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/attest/renewal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509v3.h>

#include "early/contract/messages.h"
#include "tools/evidence/tpm/key.h"
#include "tools/evidence/x509/certs.h"

/* The certificate of an AK and that of its CA. */
struct certified {
	X509 *node, *ca;
};

static void certified_free(struct certified *c)
{
	X509_free(c->node);
	X509_free(c->ca);
	*c = (struct certified){NULL, NULL};
}

static bool certified_read(struct span der, struct certified *out)
{
	const unsigned char *at = der.data;

	if (der.len > LONG_MAX)
		return false;
	out->node = d2i_X509(NULL, &at, (long)der.len);
	if (out->node)
		out->ca = d2i_X509(NULL, &at, (long)(der.data + der.len - at));
	if (out->node && out->ca && at == der.data + der.len)
		return true;
	certified_free(out);
	return false;
}

static bool signed_by(X509 *cert, X509 *ca)
{
	return X509_check_issued(ca, cert) == X509_V_OK &&
	       X509_verify(cert, X509_get0_pubkey(ca)) == 1;
}

/* Of this AK, by the CA that is known already, and with a later end. */
static struct failure compare(
	const struct certified *old, const struct certified *new, const struct tpm_public *ak)
{
	if (X509_cmp(old->ca, new->ca) != 0)
		return refuse("the renewed certificate is of another CA than this node's");
	if (!signed_by(new->node, old->ca))
		return refuse("the renewed certificate is not signed by its CA");
	if (!tpm_key_same(ak, X509_get0_pubkey(new->node)))
		return refuse("the renewed certificate is of another key than this node's");
	if (ASN1_TIME_compare(X509_get0_notAfter(new->node), X509_get0_notAfter(old->node)) <= 0)
		return refuse("the renewed certificate ends no later than this node's");
	return failure_none();
}

static struct failure read_old(const char *path, struct certified *out)
{
	uint8_t der[CERTIFICATE_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, der, sizeof(der));

	if (fd >= 0)
		close(fd);
	if (n < 0 || !certified_read((struct span){der, (size_t)n}, out))
		return refuse("%s: there is no certificate to renew", path);
	return failure_none();
}

static struct failure replace(const char *path, struct span der)
{
	char beside[PATH_MAX];
	int fd;
	bool written;

	if ((size_t)snprintf(beside, sizeof(beside), "%s.new", path) >= sizeof(beside))
		return refuse("%s: the path is too long", path);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	written = fd >= 0 && write(fd, der.data, der.len) == (ssize_t)der.len;
	if (fd >= 0)
		close(fd);
	if (!written || rename(beside, path)) {
		struct failure f = refuse("%s: %s", path, strerror(errno));

		(void)unlink(beside);
		return f;
	}
	return failure_none();
}

struct failure renewal_store(const char *path, struct span ak_pub, struct span certificates)
{
	struct certified old = {NULL, NULL}, new = {NULL, NULL};
	struct tpm_public ak;
	struct failure f = read_old(path, &old);

	if (!f.happened && !certified_read(certificates, &new))
		f = refuse("the renewal holds no certificates");
	if (!f.happened && tpm_ak_parse(ak_pub.data, ak_pub.len, &ak) != TPM_GOOD)
		f = refuse("this node's attestation key has no form that is known");
	if (!f.happened)
		f = compare(&old, &new, &ak);
	certified_free(&old);
	certified_free(&new);
	return f.happened ? f : replace(path, certificates);
}
