/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/printable.h"

#include <stdio.h>

/* A text on its way into out, where it began at start. */
struct fitting {
	struct bytes *out;
	const struct printable_form *form;
	size_t start;
	size_t cut; /* the last length of out to which "..." can be added */
};

static struct fitting begin(struct bytes *out, const struct printable_form *form)
{
	if (form->quoted)
		bytes_add_text(out, "\"");
	return (struct fitting){.out = out, .form = form, .start = out->len, .cut = out->len};
}

static void put_end(const struct fitting *f, const char *dots)
{
	bytes_add_text(f->out, f->form->quoted ? "\"" : "");
	bytes_add_text(f->out, dots);
}

/* Adds one character as these n; false: they do not fit, and the text has been ended. */
static bool put(struct fitting *f, const char *as, size_t n)
{
	if (f->out->len - f->start + n > f->form->max) {
		f->out->len = f->cut;
		put_end(f, "...");
		return false;
	}
	bytes_add(f->out, as, n);
	if (f->out->len - f->start + 3 <= f->form->max)
		f->cut = f->out->len;
	return true;
}

static size_t show(unsigned c, bool wide, bool quoted, char out[16])
{
	if (c == '\\' || (c == '"' && quoted)) {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	if (c >= 0x20 && c < 0x7f) {
		out[0] = (char)c;
		return 1;
	}
	return (size_t)snprintf(out, 16, wide ? "\\u{%x}" : "\\x%02x", c);
}

void printable_add(
	struct bytes *out, const void *text, size_t len, const struct printable_form *form)
{
	struct fitting f = begin(out, form);
	const uint8_t *from = text;
	char one[16];

	for (size_t i = 0; i < len; i++) {
		size_t n = show(from[i], false, form->quoted, one);

		if (!put(&f, one, n))
			return;
	}
	put_end(&f, "");
}

void printable_add_utf16(
	struct bytes *out, const uint8_t *text, size_t len, const struct printable_form *form)
{
	struct fitting f = begin(out, form);
	char one[16];

	for (size_t i = 0; i + 2 <= len && le16(text + i); i += 2) {
		size_t n = show(le16(text + i), true, form->quoted, one);

		if (!put(&f, one, n))
			return;
	}
	put_end(&f, "");
}

char *printable(const void *text, size_t len, size_t max)
{
	const struct printable_form form = {.max = max};
	struct bytes out = {0};

	printable_add(&out, text, len, &form);
	bytes_zeros(&out, 1);
	return (char *)out.data;
}
