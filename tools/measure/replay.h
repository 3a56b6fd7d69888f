/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A log as `protostar measure replay` shows it. */
#ifndef TOOLS_MEASURE_REPLAY_H
#define TOOLS_MEASURE_REPLAY_H

#include "tools/lib/bank.h"
#include "tools/lib/bytes.h"
#include "tools/lib/event_log.h"

struct replayed {
	const char *path;
	const uint8_t *bytes; /* the log */
	size_t len;
	bool cc;	/* a confidential VM's: rtmr, else pcr */
	bool older;	/* in the older form: SHA-1 alone */
	unsigned banks; /* BANK_BIT of those that were replayed */
	struct event_replay pcr[BANK_COUNT];
	struct event_cc_replay rtmr;
};

/*
 * Replays path's bytes in the banks of the set wanted, 0: every bank of the log, and sets banks; cc
 * when the log says so or it was set. Complains.
 */
bool replayed_read(struct replayed *r, unsigned wanted);

/* Starts a reading of the log from its first event. */
bool replayed_open(const struct replayed *r, struct event_log *log);

/* {"sha256":{"0":"hex",...},...}; "events" too when they are wanted. */
void replay_json(const struct replayed *r, bool events, struct bytes *out);
void replay_table(const struct replayed *r, bool events, bool colour, struct bytes *out);

#endif
