/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two boots beside each other: register by register, event by event, and what in their files
 * differs. `protostar measure diff` is made of this.
 *
 * Order: fill in two sides (a predicted boot with its images, or a measurements file that was
 * read); diff_sides(); diff_text(), diff_json() or the struct itself; diff_free(). The sides belong
 * to the caller and must outlive the struct, which borrows their events.
 */
#ifndef TOOLS_MEASURE_DIFF_DIFF_H
#define TOOLS_MEASURE_DIFF_DIFF_H

#include "tools/content/findings.h"
#include "tools/measure/model/boot.h"
#include "tools/measure/model/image.h"
#include "tools/measure/output/output.h"

#define DIFF_STAGES_MAX 8u

struct diff_side {
	const char *path;     /* as the person named it */
	const char *firmware; /* path of its firmware image; NULL: none was given */
	bool is_file;	      /* read from a measurements file: no bytes are at hand */
	struct boot boot;     /* without events when the file has values only */
	struct register_values values;
	struct boot_image stages[DIFF_STAGES_MAX];
	size_t stage_count;
	bool whole_disk; /* path is the disk that the first stage was found on */
};

enum diff_state {
	DIFF_SAME,
	DIFF_CHANGED,
	DIFF_ONLY_A,
	DIFF_ONLY_B,
	DIFF_NOT_KNOWN, /* nothing to be compared, which is no difference */
};

/* An event and its counterpart; one of them is NULL when it has none. */
struct diff_row {
	enum diff_state state;
	const struct boot_event *a, *b;
};

struct diff {
	const struct diff_side *a, *b;
	unsigned banks; /* that both have */
	enum diff_state registers[BOOT_PCRS];
	enum diff_state cc[BOOT_CC_COUNT];
	/* By PCR, and within each in the order of time. None when a side has no events. */
	struct diff_row *rows;
	size_t row_count;
	struct findings findings;
};

/* Complains and returns false when the sides share no bank. *out is to be freed only if true. */
bool diff_sides(const struct diff_side *a, const struct diff_side *b, struct diff *out);
void diff_free(struct diff *diff);

/*
 * Whether nothing differs. measured_only: whether no register, event or measured byte does;
 * signatures and checksums may.
 */
bool diff_is_same(const struct diff *diff, bool measured_only);

/* "same", "changed", "only in A", ... */
const char *diff_state_name(enum diff_state state);

struct diff_style {
	bool colour;
	bool all_events; /* also those that are the same */
};
void diff_text(const struct diff *diff, const struct diff_style *style, struct bytes *out);
void diff_json(const struct diff *diff, const struct diff_style *style, struct bytes *out);

/* The steps of diff_sides(). */
void diff_align(struct diff *diff);
void diff_enter(struct diff *diff);

#endif
