/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates in the TPM's storage. They go to the service as they are: nothing here trusts them.
 * Makers store them with a header of TCG's or without, and with padding behind.
 */
#include "early/tpm/tpm_private.h"

#include <string.h>

#include "early/console.h"

#define CHAIN_FIRST 0x01c00100u
#define CHAIN_LAST  0x01c001ffu
#define HEADER_LEN  7u /* TCG_PCCLIENT_STORED_CERT and TCG_FULL_CERT: 10 01 00 length 10 02 */

void tpm_index_left_out(uint32_t index, const char *why)
{
	console_say("TPM index 0x%08x left out: %s%s", index, why, console_detail_note());
	console_detail("%s", "");
}

static void skip(struct span *from, size_t len)
{
	from->data += len;
	from->len -= len;
}

/* Takes the first certificate out of *from: a DER SEQUENCE, by its length. Empty: there is none. */
static struct span take(struct span *from)
{
	struct span found = {NULL, 0};
	size_t len;

	if (from->len > HEADER_LEN && from->data[0] == 0x10 && from->data[1] == 0x01)
		skip(from, HEADER_LEN);
	while (from->len && (from->data[0] == 0x00 || from->data[0] == 0xff))
		skip(from, 1);
	if (from->len < 4 || from->data[0] != 0x30 || from->data[1] != 0x82)
		return found;
	len = 4u + ((size_t)from->data[2] << 8 | from->data[3]);
	if (len > from->len || len > CERTIFICATE_MAX)
		return found;
	found = (struct span){from->data, len};
	skip(from, len);
	return found;
}

/* An index's bytes behind those that are kept. False when there is none, or it cannot be read. */
static bool read_behind(struct tpm *t, uint32_t index, size_t behind, struct span *out)
{
	uint8_t *at = t->certificate_bytes + t->certificate_bytes_len + behind;
	size_t room = CERTIFICATE_BYTES - t->certificate_bytes_len - behind, len = 0;

	if (failed(tpm_nv_read(t, index, at, room, &len)))
		tpm_index_left_out(index, "it cannot be read");
	*out = (struct span){at, len};
	return len > 0;
}

bool tpm_certificate_read(struct tpm *t, uint32_t index, struct span *out)
{
	struct span bytes;

	if (!read_behind(t, index, 0, &bytes))
		return false;
	*out = take(&bytes);
	if (!out->len)
		tpm_index_left_out(index, "there is no certificate in it");
	return out->len > 0;
}

static void keep(struct tpm *t, struct span certificate)
{
	t->certificates[t->certificate_count++] = certificate;
	t->certificate_bytes_len = (size_t)(certificate.data + certificate.len -
					    t->certificate_bytes);
}

bool tpm_certificate_take(struct tpm *t, uint32_t index, struct span certificate,
	struct status made, struct tpm_key *key)
{
	if (failed(made)) {
		tpm_index_left_out(index, "its key cannot be made");
	} else if (!tpm_key_in(key, certificate)) {
		tpm_index_left_out(index, "it is of another key");
	} else {
		keep(t, certificate);
		return true;
	}
	tpm_key_drop(t, key);
	return false;
}

/* One certificate an index, or a chain cut over several: in their order they are one text. */
void tpm_certificate_chain(struct tpm *t)
{
	struct span all = {t->certificate_bytes + t->certificate_bytes_len, 0}, part, one;

	for (uint32_t index = CHAIN_FIRST; index <= CHAIN_LAST; index++) {
		if (!read_behind(t, index, all.len, &part))
			break;
		all.len += part.len;
	}
	while (all.len && t->certificate_count < CERTIFICATES_MAX) {
		one = take(&all);
		if (!one.len)
			break;
		keep(t, one);
	}
	if (all.len)
		tpm_index_left_out(
			CHAIN_FIRST, "not all of the chain is certificates, or finds room");
}

struct span tpm_certificate(const struct tpm *t, unsigned i)
{
	return i < t->certificate_count ? t->certificates[i] : (struct span){NULL, 0};
}
