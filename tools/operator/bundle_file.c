/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/operator/bundle_file.h"

#include "tools/lib/passphrase_box.h"

struct brought {
	struct secret passphrase;
	struct share shares[SHARES_MAX];
	size_t share_count; /* that were read */
};

static struct failure read_brought(const struct bundle_file_request *r, struct brought *b)
{
	if (r->passphrase)
		TRY_FAILURE(passphrase_read(r->passphrase, &b->passphrase));
	for (size_t i = 0; i < r->share_count; i++) {
		TRY_FAILURE(share_load(r->shares[i], &b->shares[i]));
		b->share_count++;
	}
	return failure_none();
}

static void forget(struct brought *b)
{
	secret_free(&b->passphrase);
	for (size_t i = 0; i < b->share_count; i++)
		share_free(&b->shares[i]);
}

static struct failure open_with(const struct bundle_file_request *r, const struct key_pair *key,
	const struct brought *b, struct bundle *out)
{
	const struct bundle_openers openers = {
		.passphrase = r->passphrase ? &b->passphrase : NULL,
		.key = r->passphrase || r->share_count ? NULL : key,
		.shares = b->shares,
		.share_count = b->share_count,
	};
	struct bytes file = {0};
	struct failure f = bundle_load(r->bundle, &file);

	if (!f.happened)
		f = bundle_open((struct span){file.data, file.len}, &openers, out);
	bytes_free(&file);
	return f;
}

struct failure bundle_file_load(
	const struct bundle_file_request *r, const struct key_pair *key, struct bundle *out)
{
	struct brought b = {0};
	struct failure f = read_brought(r, &b);

	if (!f.happened) {
		f = open_with(r, key, &b, out);
		if (f.happened)
			f = refuse("%s: %s", r->bundle, f.text);
	}
	forget(&b);
	return f;
}
