/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/attest/tsm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/lib/number.h"

#define FOLDER		"/sys/kernel/config/tsm/report"
#define REPORT_DATA_LEN 64u
#define TEXT_MAX	64u /* of a provider or a number */
#define PATH_LEN	96u
#define NAMES		8u /* that may be taken before one is free */
#define TRIES		4u /* with entries that somebody else writes to */

/* The kernel's names of its drivers. */
static const char *const providers[] = {[TSM_SNP] = "sev_guest", [TSM_TDX] = "tdx_guest"};

struct entry {
	char path[PATH_LEN];
	int dir;
	uint64_t writes; /* ours, each of which the kernel counts */
};

static struct failure entry_make(struct entry *e)
{
	static unsigned number;
	int cause = EEXIST;

	for (unsigned i = 0; i < NAMES && cause == EEXIST; i++) {
		snprintf(e->path, sizeof(e->path), FOLDER "/protostar-attest-%ld-%u",
			(long)getpid(), number++);
		cause = mkdir(e->path, 0700) ? errno : 0;
	}
	if (cause)
		return refuse(FOLDER ": %s", strerror(cause));
	e->dir = open(e->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return failure_none();
}

static void entry_remove(const struct entry *e)
{
	if (e->dir >= 0)
		close(e->dir);
	(void)rmdir(e->path);
}

/* At most cap bytes; the kernel's files do not tell a size. */
static struct failure attribute_read(
	const struct entry *e, const char *name, uint8_t *out, size_t cap, size_t *out_len)
{
	int fd = openat(e->dir, name, O_RDONLY | O_CLOEXEC), cause = errno;
	ssize_t n = fd < 0 ? -1 : 1;

	*out_len = 0;
	while (n > 0 && *out_len < cap) {
		n = read(fd, out + *out_len, cap - *out_len);
		cause = errno;
		*out_len += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
	return n < 0 ? refuse("%s/%s: %s", e->path, name, strerror(cause)) : failure_none();
}

/* A line, without its end. */
static struct failure text_read(const struct entry *e, const char *name, char out[TEXT_MAX])
{
	size_t len;

	TRY_FAILURE(attribute_read(e, name, (uint8_t *)out, TEXT_MAX - 1, &len));
	out[len] = 0;
	out[strcspn(out, "\n")] = 0;
	return failure_none();
}

static struct failure number_attribute(const struct entry *e, const char *name, uint64_t *out)
{
	char text[TEXT_MAX];

	TRY_FAILURE(text_read(e, name, text));
	return number_read(text, 10, 0, UINT64_MAX, out)
		       ? failure_none()
		       : refuse("%s/%s is no number", e->path, name);
}

static struct failure attribute_write(
	struct entry *e, const char *name, const void *data, size_t len)
{
	int fd = openat(e->dir, name, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, data, len);
	int cause = n < 0 ? errno : EIO;

	if (fd >= 0)
		close(fd);
	if (n != (ssize_t)len)
		return refuse("%s/%s: %s", e->path, name, strerror(cause));
	e->writes++;
	return failure_none();
}

static struct failure check_provider(const struct entry *e, enum tsm_kind kind)
{
	char text[TEXT_MAX];

	TRY_FAILURE(text_read(e, "provider", text));
	return strcmp(text, providers[kind]) == 0
		       ? failure_none()
		       : refuse("the kernel's driver is %s and not %s", text, providers[kind]);
}

/* The attributes of levels are there where they have a sense. */
static struct failure write_level(struct entry *e, unsigned privlevel)
{
	uint64_t level = privlevel, floor;
	char text[24];

	if (!number_attribute(e, "privlevel_floor", &floor).happened && floor > level)
		level = floor;
	if (level == 0)
		return failure_none();
	snprintf(text, sizeof(text), "%llu", (unsigned long long)level);
	return attribute_write(e, "privlevel", text, strlen(text));
}

/* The first read makes the report; the table is of the same one. */
static struct failure read_blobs(const struct entry *e, enum tsm_kind kind, struct tsm_report *out)
{
	size_t most = kind == TSM_SNP ? SNP_REPORT_LEN : TDX_QUOTE_MAX;

	TRY_FAILURE(
		attribute_read(e, "outblob", out->report, sizeof(out->report), &out->report_len));
	if (out->report_len == 0 || out->report_len > most ||
		(kind == TSM_SNP && out->report_len != most))
		return refuse("the kernel's report has %zu bytes", out->report_len);
	if (kind != TSM_SNP || faccessat(e->dir, "auxblob", F_OK, 0))
		return failure_none();
	TRY_FAILURE(attribute_read(e, "auxblob", out->table, sizeof(out->table), &out->table_len));
	return out->table_len > SNP_TABLE_MAX
		       ? refuse("the host's certificates are longer than %u bytes", SNP_TABLE_MAX)
		       : failure_none();
}

/*
 * Nobody is told when the kernel did not store what was written, and anybody may write to an entry:
 * the count of all writes alone shows that the report is about our bytes. So it goes before any
 * other failure.
 */
static struct failure ask(struct entry *e, enum tsm_kind kind, unsigned privlevel,
	const uint8_t rd[RD_LEN], struct tsm_report *out, bool *out_disturbed)
{
	uint8_t data[REPORT_DATA_LEN] = {0};
	uint64_t before, after;
	struct failure f;

	TRY_FAILURE(check_provider(e, kind));
	TRY_FAILURE(number_attribute(e, "generation", &before));
	TRY_FAILURE(write_level(e, privlevel));
	memcpy(data, rd, RD_LEN);
	TRY_FAILURE(attribute_write(e, "inblob", data, sizeof(data)));
	f = read_blobs(e, kind, out);
	TRY_FAILURE(number_attribute(e, "generation", &after));
	*out_disturbed = after - before != e->writes;
	return *out_disturbed ? refuse("somebody else writes to " FOLDER ": try again") : f;
}

enum tsm_kind tsm_kind(void)
{
	enum tsm_kind kind = TSM_NONE;
	char text[TEXT_MAX];
	struct entry e = {.dir = -1};

	if (entry_make(&e).happened)
		return TSM_NONE;
	if (!text_read(&e, "provider", text).happened)
		kind = strcmp(text, providers[TSM_SNP]) == 0   ? TSM_SNP
		       : strcmp(text, providers[TSM_TDX]) == 0 ? TSM_TDX
							       : TSM_NONE;
	entry_remove(&e);
	return kind;
}

struct failure tsm_report(
	enum tsm_kind kind, unsigned privlevel, const uint8_t rd[RD_LEN], struct tsm_report *out)
{
	struct failure f = failure_none();
	bool disturbed = true;

	for (unsigned i = 0; i < TRIES && disturbed; i++) {
		struct entry e = {.dir = -1};

		memset(out, 0, sizeof(*out));
		TRY_FAILURE(entry_make(&e));
		disturbed = false;
		f = ask(&e, kind, privlevel, rd, out, &disturbed);
		entry_remove(&e);
	}
	return f;
}
