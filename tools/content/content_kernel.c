/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Linux kernel: its version and the hash that firmware would take of it, then as an EFI image. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/authenticode.h"
#include "tools/lib/hex.h"
#include "tools/lib/printable.h"
#include "tools/content/content_private.h"

#define VERSION_MAX 256u

/* Linux: Documentation/arch/x86/boot.rst, field kernel_version. NULL: it has none. */
static char *version_of(const struct content *kernel)
{
	size_t at, len;

	if (kernel->len < 0x210 || memcmp(kernel->data + 0x202, "HdrS", 4) != 0)
		return NULL;
	at = (size_t)le16(kernel->data + 0x20e) + 0x200;
	if (at == 0x200 || at >= kernel->len)
		return NULL;
	len = strnlen((const char *)kernel->data + at,
		kernel->len - at < VERSION_MAX ? kernel->len - at : VERSION_MAX);
	return printable(kernel->data + at, len, VERSION_MAX);
}

static char *hash_of(const struct content *kernel)
{
	uint8_t digest[BANK_DIGEST_MAX];
	char *hex = must_alloc(2 * BANK_DIGEST_MAX + 1);
	struct flaw flaw;

	if (authenticode(kernel->data, kernel->len, BANK_SHA256, digest, &flaw)) {
		hex_encode(digest, bank_len(BANK_SHA256), hex);
		return hex;
	}
	free(hex);
	return NULL;
}

static void tell(const struct content_at *at, const char *aspect, char *a, char *b)
{
	const struct content_values values = {.a = a ? a : "not known", .b = b ? b : "not known"};

	if (strcmp(values.a, values.b) != 0)
		content_tell(at, FINDING_CHANGED, aspect, &values);
	free(a);
	free(b);
}

void content_kernel(const struct content_at *at, const struct content *a, const struct content *b)
{
	tell(at, "version", version_of(a), version_of(b));
	tell(at, "Authenticode SHA-256", hash_of(a), hash_of(b));
	content_pe(at, a, b);
}
