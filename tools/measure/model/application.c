/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/model/application.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/authenticode.h"
#include "tools/lib/report.h"

#define PCR_BOOT_APPLICATION 4u

bool boot_image_bytes(const struct boot_image *image, struct boot_image_bytes *out)
{
	*out = (struct boot_image_bytes){.data = image->data, .len = image->len + image->zeros};
	if (!image->zeros)
		return true;
	out->copy = calloc(1, out->len);
	if (!out->copy)
		return complain("%s: out of memory", image->source);
	memcpy(out->copy, image->data, image->len);
	out->data = out->copy;
	return true;
}

static bool find_spans(const struct boot_image *image, struct authenticode *out, struct flaw *flaw)
{
	struct boot_image_bytes bytes;
	bool fine;

	*flaw = (struct flaw){.reason = "out of memory"};
	if (!boot_image_bytes(image, &bytes))
		return false;
	fine = authenticode_spans(bytes.data, bytes.len, out, flaw);
	free(bytes.copy);
	return fine;
}

/* A span of the image: bytes of the file, then zeros where it reaches behind them. */
static struct boot_piece piece_of(
	const struct boot_image *image, uint64_t base, size_t at, size_t len)
{
	size_t from = at < image->len ? at : image->len;
	size_t data = len < image->len - from ? len : image->len - from;

	return (struct boot_piece){
		.data = image->data + from,
		.len = data,
		.zeros = len - data,
		.source = image->source,
		.offset = base + from,
	};
}

struct boot_event *boot_add_application(struct boot *boot, enum boot_rule rule,
	const struct boot_image *image, uint64_t base, const char *subject, const char *what)
{
	struct authenticode a;
	struct boot_event *event;
	struct flaw flaw;

	if (!find_spans(image, &a, &flaw)) {
		flaw.offset += base;
		flaw_complain(image->source, &flaw);
		return NULL;
	}
	event = boot_add(boot, PCR_BOOT_APPLICATION, TCG_EFI_APPLICATION, rule, subject, what);
	for (size_t i = 0; event && i < a.count; i++) {
		struct boot_piece piece = piece_of(image, base, a.spans[i].at, a.spans[i].len);

		if (!boot_piece(boot, event, &piece))
			return NULL;
	}
	return event;
}
