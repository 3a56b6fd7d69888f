/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event logs of real boots for tests: their events in memory, and files made of what they hold. */
#ifndef TESTS_UNIT_MEASURE_GOLDEN_LOG_H
#define TESTS_UNIT_MEASURE_GOLDEN_LOG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/scratch.h"
#include "tools/lib/bank.h"
#include "tools/lib/event_log.h"
#include "tools/lib/file.h"
#include "tools/measure/model/boot.h"

#define GOLDEN_EVENTS 128u

struct golden {
	struct mapped file;
	struct event events[GOLDEN_EVENTS];
	size_t count;
};

static inline void golden_open(struct golden *g, const char *folder, const char *name)
{
	char path[512];
	struct event_log log;
	enum event_log_step step = EVENT_LOG_BAD;

	snprintf(path, sizeof(path), "%s/%s.evlog", folder, name);
	g->count = 0;
	if (file_map(path, &g->file) && event_log_open(&log, g->file.data, g->file.len))
		while (g->count < GOLDEN_EVENTS &&
			(step = event_log_next(&log, &g->events[g->count])) == EVENT_LOG_EVENT)
			g->count++;
	if (step != EVENT_LOG_END) {
		fprintf(stderr, "%s cannot be read\n", path);
		exit(1);
	}
}

static inline void golden_close(struct golden *g)
{
	file_unmap(&g->file);
}

/* The contents in UEFI_VARIABLE_DATA of the event that shows a variable of this name. */
static inline bool golden_variable(
	const struct golden *g, const char *name, const uint8_t **out, size_t *out_len)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct event *e = &g->events[i];
		size_t chars = strlen(name), c = 0;

		if ((e->type != TCG_EFI_VARIABLE_DRIVER_CONFIG &&
			    e->type != TCG_EFI_VARIABLE_BOOT) ||
			le64(e->data + 16) != chars)
			continue;
		while (c < chars && le16(e->data + 32 + 2 * c) == (uint8_t)name[c])
			c++;
		if (c < chars)
			continue;
		*out = e->data + 32 + 2 * chars;
		*out_len = (size_t)le64(e->data + 24);
		return true;
	}
	return false;
}

/* The same, written to a file in the scratch folder; NULL when it is not set. */
static inline const char *golden_variable_file(const struct golden *g, const char *name)
{
	const uint8_t *data;
	const char *path;
	size_t len;

	if (!golden_variable(g, name, &data, &len) || !len)
		return NULL;
	path = scratch_path(name);
	scratch_write(path, data, len, 0600);
	return path;
}

/* Whether the event has the digest in each of the banks that the log has. */
static inline bool golden_same(const struct boot_event *predicted, const struct event *logged)
{
	for (size_t i = 0; i < logged->digest_count; i++) {
		const struct event_digest *d = &logged->digests[i];
		enum bank bank;

		if (!bank_by_alg(d->alg, &bank) || !(predicted->banks & BANK_BIT(bank)) ||
			memcmp(predicted->digest[bank], d->data, d->len) != 0)
			return false;
	}
	return predicted->pcr == logged->pcr && predicted->type == logged->type &&
	       logged->digest_count > 0;
}

/* The logged event with this one's PCR, type and digests; NULL: there is none. */
static inline const struct event *golden_find(
	const struct golden *g, const struct boot_event *predicted)
{
	for (size_t i = 0; i < g->count; i++)
		if (golden_same(predicted, &g->events[i]))
			return &g->events[i];
	return NULL;
}

#endif
