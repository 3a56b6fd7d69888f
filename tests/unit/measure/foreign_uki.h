/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UKIs with other projects' stubs, in memory: the sections as given, a small sound kernel. */
#ifndef TESTS_UNIT_MEASURE_FOREIGN_UKI_H
#define TESTS_UNIT_MEASURE_FOREIGN_UKI_H

#include <stdlib.h>
#include "tests/mock/uki_maker.h"
#include "tests/unit/test.h"
#include "tools/measure/stub/stub.h"

struct foreign {
	struct pe_maker maker;
	uint8_t *kernel, *file;
	size_t kernel_len, len;
	struct stub_inputs in;
	struct boot boot;
};

static inline void foreign_add(struct foreign *f, const char *name, const char *text)
{
	pe_maker_add(&f->maker, name, text, (uint32_t)strlen(text), PE_R);
}

/* The stub's own sections; the test adds the others. */
static inline void foreign_begin(struct foreign *f, enum stub_dialect dialect)
{
	struct pe_maker kernel = uki_maker_kernel();

	*f = (struct foreign){.in.dialect = dialect};
	f->kernel = pe_make(&kernel, &f->kernel_len);
	pe_maker_add(&f->maker, ".text", "stub", 4, PE_RX);
}

static inline void foreign_add_kernel(struct foreign *f)
{
	pe_maker_add(&f->maker, ".linux", f->kernel, (uint32_t)f->kernel_len, PE_R);
}

/* Predicts what the stub measures; a second call begins anew. */
static inline bool foreign_run(struct foreign *f)
{
	struct boot_image image = {.source = "x.efi", .name = "x.efi"};

	boot_free(&f->boot);
	free(f->file);
	f->file = pe_make(&f->maker, &f->len);
	image.data = f->file;
	image.len = f->len;
	boot_init(&f->boot);
	return stub_events(&f->boot, &image, &f->in) && boot_hash(&f->boot, BANK_BIT(BANK_SHA256));
}

/* Fit for a zeroed struct too. */
static inline void foreign_end(struct foreign *f)
{
	boot_free(&f->boot);
	free(f->file);
	free(f->kernel);
}

/* The event of a PCR with this number; NULL: there are not so many. */
static inline const struct boot_event *foreign_event(
	const struct foreign *f, unsigned pcr, size_t n)
{
	for (size_t i = 0; i < f->boot.count; i++)
		if (f->boot.events[i].pcr == pcr && n-- == 0)
			return &f->boot.events[i];
	return NULL;
}

/* "name" of section-name events of PCR 11 in order, with spaces between, into out. */
static inline const char *foreign_sections(const struct foreign *f, char *out, size_t room)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < f->boot.count; i++)
		if (f->boot.events[i].rule == RULE_SECTION_NAME)
			at += (size_t)snprintf(out + at, room - at, "%s%s", at ? " " : "",
				f->boot.events[i].subject);
	return out;
}

/* The bytes that an event hashes, put together, none for NULL; the caller frees them. */
static inline uint8_t *foreign_bytes(const struct boot_event *e, size_t *out_len)
{
	size_t len = 0, at = 0;
	uint8_t *bytes;

	for (size_t i = 0; e && i < e->piece_count; i++)
		len += e->pieces[i].len + e->pieces[i].zeros;
	bytes = calloc(1, len + 1);
	if (!bytes)
		abort();
	for (size_t i = 0; e && i < e->piece_count; i++) {
		if (e->pieces[i].len)
			memcpy(bytes + at, e->pieces[i].data, e->pieces[i].len);
		at += e->pieces[i].len + e->pieces[i].zeros;
	}
	*out_len = len;
	return bytes;
}

#endif
