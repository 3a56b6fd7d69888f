/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One report: an entry in the kernel's folder, written, read and removed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "early/console.h"
#include "early/contract/errors.h"
#include "early/files.h"
#include "early/tee/tee.h"

#define TSM_FOLDER	"/sys/kernel/config/tsm/report"
#define REPORT_DATA_LEN 64u
#define PATH_LEN	128u
#define NAMES		8u /* that may be taken before one is free */
#define TRIES		4u /* with an entry that another one writes to */
#define SVSM_VTPM	"c476f1eb-0123-45a5-9641-b4e7dde5bfe3"

struct entry {
	char path[PATH_LEN];
	int dir;
	uint64_t writes; /* ours, each of which the kernel counts */
};

/* A name of its own each time: an entry that another one writes to is not used again. */
static struct status entry_make(struct entry *e)
{
	static unsigned number;
	unsigned last = number + NAMES;

	do {
		(void)snprintf(e->path, sizeof(e->path), TSM_FOLDER "/protostar%u", number++);
		if (!mkdir(e->path, 0700)) {
			e->dir = open(e->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
			return OK;
		}
	} while (errno == EEXIST && number != last);
	if (errno == ENXIO)
		return fail(E_TEE_NO_DRIVER);
	return system_failure(TSM_FOLDER, errno, E_TEE_NONE);
}

static void entry_remove(const struct entry *e)
{
	if (e->dir >= 0)
		close(e->dir);
	(void)rmdir(e->path);
}

static struct status entry_write(struct entry *e, const char *name, const void *data, size_t len)
{
	int fd = openat(e->dir, name, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, data, len);
	int cause = n < 0 ? errno : EIO;

	if (fd >= 0)
		close(fd);
	if (n != (ssize_t)len)
		return system_failure(name, cause, E_TEE_WRITE);
	e->writes++;
	return OK;
}

static struct status generation(const struct entry *e, uint64_t *out)
{
	return attribute_number(e->dir, "generation", out) ? OK : fail(E_TEE_ATTRIBUTE);
}

/* What a report is asked for beside its data; the attributes are there where they have a sense. */
static struct status settings_write(struct entry *e, const struct tee_request *r)
{
	uint64_t level;
	char text[24];

	if (!attribute_number(e->dir, "privlevel_floor", &level) || level < r->privlevel)
		level = r->privlevel;
	if (level > 0) {
		(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)level);
		TRY(entry_write(e, "privlevel", text, strlen(text)));
	}
	if (r->svsm_vtpm) {
		TRY(entry_write(e, "service_provider", "svsm", strlen("svsm")));
		TRY(entry_write(e, "service_guid", SVSM_VTPM, strlen(SVSM_VTPM)));
	}
	return OK;
}

/* Why the kernel gave no report. The firmware's queue and the host's daemon may be free later. */
static struct status unread(const char *name, int cause)
{
	if (cause == EFBIG)
		return system_failure(name, cause, E_TEE_SIZE);
	if (cause == EBUSY || cause == EAGAIN || cause == ETIMEDOUT || cause == EINTR)
		return system_failure(name, cause, E_TEE_BUSY);
	return system_failure(name, cause, E_TEE_READ);
}

/* The report is made by the first read of it; table and manifest are of the same one. */
static struct status blobs_read(
	const struct entry *e, const struct tee_request *r, struct tee_report *out)
{
	if (!attribute_bytes(e->dir, "outblob", out->report, sizeof(out->report), &out->report_len))
		return unread("outblob", errno);
	if (out->report_len == 0 || (r->report_len && out->report_len != r->report_len))
		return fail(E_TEE_LENGTH);
	if (!attribute_bytes(e->dir, "auxblob", out->table, sizeof(out->table), &out->table_len) &&
		errno != ENOENT)
		return unread("auxblob", errno);
	if (r->svsm_vtpm && !attribute_bytes(e->dir, "manifestblob", out->manifest,
				    sizeof(out->manifest), &out->manifest_len))
		return unread("manifestblob", errno);
	return OK;
}

/*
 * The kernel tells nobody when it did not store what was written, and lets anybody write to an
 * entry: only its count of all writes shows that the report is about our bytes. So this is looked
 * at before any other failure.
 */
static struct status ask(struct entry *e, const struct tee_request *r, const uint8_t rd[RD_LEN],
	struct tee_report *out)
{
	uint8_t data[REPORT_DATA_LEN] = {0};
	char provider[PROVIDER_MAX] = "";
	uint64_t before, after;
	struct status s;

	if (!attribute_read(e->dir, "provider", provider, sizeof(provider)) ||
		strcmp(provider, r->provider) != 0) {
		console_detail("%s", provider);
		return fail(E_TEE_PROVIDER);
	}
	TRY(generation(e, &before));
	TRY(settings_write(e, r));
	memcpy(data, rd, RD_LEN);
	TRY(entry_write(e, "inblob", data, sizeof(data)));
	s = blobs_read(e, r, out);
	TRY(generation(e, &after));
	return after - before == e->writes ? s : fail(E_TEE_GENERATION);
}

bool tee_provider(char out[PROVIDER_MAX])
{
	struct entry e = {.dir = -1};
	bool good;

	if (failed(entry_make(&e)))
		return false;
	good = attribute_read(e.dir, "provider", out, PROVIDER_MAX);
	entry_remove(&e);
	return good;
}

struct status tee_report(
	const struct tee_request *request, const uint8_t rd[RD_LEN], const struct tee_report **out)
{
	static struct tee_report report;
	struct status s = OK;

	for (unsigned i = 0; i < TRIES; i++) {
		struct entry e = {.dir = -1};

		memset(&report, 0, sizeof(report));
		TRY(entry_make(&e));
		s = ask(&e, request, rd, &report);
		entry_remove(&e);
		if (s.code != E_TEE_GENERATION)
			break;
	}
	*out = &report;
	return s;
}
