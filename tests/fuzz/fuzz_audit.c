/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The start's look at an audit record that anybody may have written, with whatever the store says
 * that it knows. Input:  u8 how | u8 line | u8 flip | the file.
 *
 *   how bit 0   the file's lines are members only: each is made a line of a sound chain
 *       bit 1   the first line has number 42
 *       bit 2   the last line's newline is cut off
 *       bit 3   the store knows line `line` of those made; else what the input's bytes say
 *       bit 4   of what the store knows one byte of the hash is another
 *
 * Whatever is opened must be sound: audit_check() agrees, a line can be appended, and the next
 * start, with what the store then knows, opens it again.
 */
#include "tests/unit/done.h"
#include "tests/unit/audit_forge.h"
#include "tests/unit/scratch.h"
#include "tools/serve/audit/audit.h"

#define MADE_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char made[MADE_MAX];

/* Makes lines of members; *known becomes the wanted one. The bytes made. */
static size_t make(
	const uint8_t *data, size_t size, uint8_t how, uint8_t wanted, struct audit_position *known)
{
	struct forged f;
	size_t at = 0;

	forge_start(&f, made, sizeof(made));
	if (how & 2) {
		f.at.seq = 41;
		memset(f.at.hash, 'b', AUDIT_HASH_HEX);
	}
	if (wanted == 0)
		*known = f.at;
	while (at < size && f.at.end + size - at + 512 < sizeof(made)) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t len = end ? (size_t)(end - data) - at : size - at;

		forge(&f, (const char *)data + at, len);
		at += len + 1;
		if (wanted && --wanted == 0)
			*known = f.at;
	}
	return f.at.end;
}

static void check_sound(const char *path, const struct audit_tail *tail, struct audit *a)
{
	struct audit_position before, after;
	struct audit_checked checked;
	struct audit_tail later;
	struct json_line line;

	if (!done(audit_position(a, &before)) || tail->first > before.seq ||
		(tail->decisions == 0) != (tail->first == 0) ||
		(tail->last_line && tail->decisions != 1) || (tail->missing && tail->decisions))
		abort();
	audit_begin(a, &line, "grant");
	if (!done(audit_append(a, &line, false)) || !done(audit_position(a, &after)) ||
		after.seq != before.seq + 1)
		abort();
	audit_close(a);
	if (!done(audit_check(&path, 1, &checked)) || checked.last != after.seq)
		abort();
	if (!done(audit_open(path, &before, &a, &later)) || later.decisions != 1 ||
		!later.last_line || later.first != after.seq || later.missing)
		abort();
	audit_close(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct audit_position known = {0};
	struct audit_tail tail;
	struct audit *a = NULL;
	const char *path;
	uint8_t how;

	if (size < 3)
		return 0;
	if (strcmp(scratch + strlen(scratch) - 6, "XXXXXX") == 0) {
		scratch_open();
		atexit(scratch_close);
	}
	how = data[0];
	if (!(how & 8)) {
		known.seq = data[1];
		known.end = (uint64_t)data[1] * data[2];
		memset(known.hash, "0b"[data[2] & 1], AUDIT_HASH_HEX);
	}
	path = scratch_path("record");
	if (how & 1) {
		struct audit_position of = {0};
		size_t len = make(data + 3, size - 3, how, data[1], &of);

		if (how & 8)
			known = of;
		scratch_write(path, made, len - (len && how & 4), 0600);
	} else {
		scratch_write(path, data + 3, size - 3, 0600);
	}
	if (how & 16)
		known.hash[data[2] % AUDIT_HASH_HEX] ^= 1;
	if (done(audit_open(path, &known, &a, &tail)))
		check_sound(path, &tail, a);
	return 0;
}
