/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/log/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/serve/log/clock.h"

#define TEXT_MAX 16384u /* bytes of the whole file, and more than it ever has */

static const struct {
	const char *name, *help;
} names[METRICS] = {
	[METRIC_GRANT] = {"grants", "Keys of disks that were granted to nodes."},
	[METRIC_COMMIT] = {"commits", "Joins that nodes completed."},
	[METRIC_ALARM] = {"alarms",
		"Nodes that came with another's disk, endorsement or attestation key."},
	[METRIC_ABORT] = {"aborts", "Joins that nodes gave up."},
	[METRIC_ROTATION] = {"rotations", "Disks that went over to another key-encryption key."},
};

/* Appends to the text; a text that does not fit stays as it is. */
__attribute__((format(printf, 3, 4))) static void add(
	char text[TEXT_MAX], size_t *len, const char *format, ...)
{
	va_list args;
	int more;

	va_start(args, format);
	more = vsnprintf(text + *len, TEXT_MAX - *len, format, args);
	va_end(args);
	if (more > 0 && (size_t)more < TEXT_MAX - *len)
		*len += (size_t)more;
}

static void add_state(const struct metrics_state *state, char text[TEXT_MAX], size_t *len)
{
	if (!state->known)
		return;
	add(text, len,
		"# HELP protostar_revocations What operators have revoked.\n"
		"# TYPE protostar_revocations gauge\nprotostar_revocations %llu\n"
		"# HELP protostar_disks Disks by the version of their key-encryption key.\n"
		"# TYPE protostar_disks gauge\n",
		(unsigned long long)state->revocations);
	for (size_t i = 0; i < state->version_count; i++)
		add(text, len, "protostar_disks{version=\"%u\"} %llu\n", state->versions[i].version,
			(unsigned long long)state->versions[i].disks);
}

static size_t write_text(const struct metrics *m, char text[TEXT_MAX])
{
	size_t len = 0;

	for (unsigned i = 0; i < METRICS; i++)
		add(text, &len,
			"# HELP protostar_%s_total %s\n# TYPE protostar_%s_total counter\n"
			"protostar_%s_total %llu\n",
			names[i].name, names[i].help, names[i].name, names[i].name,
			(unsigned long long)m->counts[i]);
	add(text, &len,
		"# HELP protostar_denials_total Joins that were denied, alarms among them, by the "
		"code that the node got.\n# TYPE protostar_denials_total counter\n");
	for (unsigned i = 0; i < METRICS_DENIALS; i++)
		if (m->denials[i])
			add(text, &len, "protostar_denials_total{code=\"%u\"} %llu\n",
				METRICS_DENY_MIN + i, (unsigned long long)m->denials[i]);
	add_state(&m->state, text, &len);
	return len;
}

/* In a new file beside the old one, which it then replaces: no reader sees half of it. */
static struct failure replace_file(const struct metrics *m)
{
	char text[TEXT_MAX], path[PATH_MAX + 8];
	size_t len = write_text(m, text);
	bool good;
	int fd;

	snprintf(path, sizeof(path), "%s.new", m->path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return refuse("%s: %s", path, strerror(errno));
	good = write(fd, text, len) == (ssize_t)len;
	if (close(fd) || !good || rename(path, m->path))
		return refuse("%s: it cannot be written", m->path);
	return failure_none();
}

struct failure metrics_open(struct metrics *m, const char *path)
{
	if ((size_t)snprintf(m->path, sizeof(m->path), "%s", path) >= sizeof(m->path))
		return refuse("%s: the path is too long", path);
	return replace_file(m);
}

static void change(struct metrics *m)
{
	if (m->path[0] && !m->due_ms)
		m->due_ms = now_ms() + METRICS_MS;
}

void metrics_count(struct metrics *m, enum metric what)
{
	m->counts[what]++;
	change(m);
}

void metrics_count_denial(struct metrics *m, uint16_t code)
{
	if (code < METRICS_DENY_MIN || code >= METRICS_DENY_MIN + METRICS_DENIALS)
		return;
	m->denials[code - METRICS_DENY_MIN]++;
	change(m);
}

uint64_t metrics_due(const struct metrics *m)
{
	return m->due_ms ? m->due_ms : UINT64_MAX;
}

static void write_now(struct metrics *m, struct log *log)
{
	struct failure f = replace_file(m);

	m->due_ms = 0;
	if (f.happened && !m->failing)
		log_message(log, "metrics-failed", f.text);
	m->failing = f.happened;
}

void metrics_write(struct metrics *m, struct log *log)
{
	if (now_ms() >= metrics_due(m))
		write_now(m, log);
}

void metrics_close(struct metrics *m, struct log *log)
{
	if (m->due_ms)
		write_now(m, log);
}
