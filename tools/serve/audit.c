#include "tools/serve/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/lib/hex.h"

#define HASH_HEX     (2 * SHA256_LEN)
#define HASH_KEY     ",\"hash\":\""
#define HASH_KEY_LEN (sizeof(HASH_KEY) - 1)
#define LINE_TAIL    "\"}\n"
#define LINE_END_LEN (HASH_KEY_LEN + HASH_HEX + sizeof(LINE_TAIL) - 1)

struct audit {
	int fd;
	bool broken;
	uint64_t count;
	off_t len; /* bytes of whole, checked lines */
	char last[HASH_HEX + 1];
};

static void hash_hex(const char *text, size_t len, char out[HASH_HEX + 1])
{
	uint8_t hash[SHA256_LEN];

	sha256(text, len, hash);
	hex_encode(hash, sizeof(hash), out);
	out[HASH_HEX] = 0;
}

/* Checks one line, newline included, against the chain and takes it in. */
static bool check_line(struct audit *a, const char *line, size_t len)
{
	char head[128], hash[HASH_HEX + 1];
	const char *end;
	const char *prev;
	size_t head_len;

	head_len = (size_t)snprintf(
		head, sizeof(head), "{\"seq\":%" PRIu64 ",\"time\":\"", a->count + 1);
	if (len < head_len + LINE_END_LEN || memcmp(line, head, head_len) != 0)
		return false;
	end = line + len - LINE_END_LEN;
	hash_hex(line, (size_t)(end - line), hash);
	if (memcmp(end, HASH_KEY, HASH_KEY_LEN) != 0 ||
		memcmp(end + HASH_KEY_LEN, hash, HASH_HEX) != 0 ||
		memcmp(end + HASH_KEY_LEN + HASH_HEX, LINE_TAIL, sizeof(LINE_TAIL) - 1) != 0)
		return false;
	snprintf(head, sizeof(head), "Z\",\"prev\":\"%s\",", a->last);
	prev = memmem(line + head_len, (size_t)(end - line) - head_len, head, strlen(head));
	/* "2026-01-02T03:04:05" and then, at once, the link to the line before. */
	if (prev != line + head_len + 19)
		return false;
	memcpy(a->last, hash, sizeof(hash));
	a->count++;
	a->len += (off_t)len;
	return true;
}

/* Reads the whole file; *out_torn gets the bytes of a last line without its newline. */
static bool check_file(struct audit *a, const char *path, size_t *out_torn, struct why *why)
{
	char buf[2 * JSON_LINE_MAX];
	size_t have = 0;
	ssize_t n;

	while ((n = read(a->fd, buf + have, sizeof(buf) - have)) > 0) {
		char *at = buf, *newline;

		have += (size_t)n;
		while ((newline = memchr(at, '\n', have))) {
			size_t len = (size_t)(newline + 1 - at);

			if (!check_line(a, at, len))
				return refuse(why,
					"%s: line %" PRIu64 " does not fit the chain: the record "
					"was changed",
					path, a->count + 1);
			at += len;
			have -= len;
		}
		memmove(buf, at, have);
		if (have > JSON_LINE_MAX)
			return refuse(why, "%s: line %" PRIu64 " is too long", path, a->count + 1);
	}
	if (n < 0)
		return refuse(why, "%s: %s", path, strerror(errno));
	*out_torn = have;
	return true;
}

static bool record_repair(struct audit *a, size_t torn, struct why *why)
{
	struct json_line line;

	audit_begin(a, &line, "repair");
	json_line_text(&line, "what", "a last line cut short by a crash was removed");
	json_line_number(&line, "bytes", torn);
	return audit_append(a, &line, true, why);
}

static bool open_and_check(struct audit *a, const char *path, struct why *why)
{
	struct stat st;
	size_t torn;

	a->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (a->fd < 0)
		return refuse(why, "%s: %s", path, strerror(errno));
	if (fstat(a->fd, &st) || !S_ISREG(st.st_mode))
		return refuse(why, "%s is not a regular file", path);
	memset(a->last, '0', HASH_HEX);
	if (!check_file(a, path, &torn, why))
		return false;
	if (!torn)
		return true;
	if (ftruncate(a->fd, a->len))
		return refuse(why, "%s: cannot remove a torn line: %s", path, strerror(errno));
	return record_repair(a, torn, why);
}

bool audit_open(const char *path, const struct audit_position *known, struct audit **out,
	struct audit_tail *tail, struct why *why)
{
	(void)known;
	*tail = (struct audit_tail){0};
	struct audit *a = calloc(1, sizeof(*a));

	if (!a)
		return refuse(why, "out of memory");
	a->fd = -1;
	if (!open_and_check(a, path, why)) {
		audit_close(a);
		return false;
	}
	*out = a;
	return true;
}

void audit_close(struct audit *a)
{
	if (!a)
		return;
	if (a->fd >= 0)
		close(a->fd);
	free(a);
}

void audit_position(const struct audit *a, struct audit_position *out)
{
	*out = (struct audit_position){.seq = a->count, .end = (uint64_t)a->len};
	memcpy(out->hash, a->last, sizeof(a->last));
}

uint64_t audit_count(const struct audit *a)
{
	return a->count;
}

void audit_begin(const struct audit *a, struct json_line *line, const char *event)
{
	time_t now = time(NULL);
	struct tm tm = {0};
	char text[32] = "";

	/* Four digits of year always, so that check_line() knows where the time ends. */
	if (gmtime_r(&now, &tm) && tm.tm_year >= -900 && tm.tm_year < 8100)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	else
		memcpy(text, "0000-00-00T00:00:00Z", 21);
	json_line_start(line);
	json_line_number(line, "seq", a->count + 1);
	json_line_text(line, "time", text);
	json_line_text(line, "prev", a->last);
	json_line_text(line, "event", event);
}

/* One write, so that a crash tears the last line at most. */
static bool write_line(struct audit *a, const struct json_line *line, bool durable, struct why *why)
{
	ssize_t n = write(a->fd, line->text, line->len);

	if (n == (ssize_t)line->len && (!durable || fdatasync(a->fd) == 0))
		return true;
	refuse(why, "the audit record cannot be written: %s",
		n < 0 || (size_t)n == line->len ? strerror(errno) : "the disk is full");
	/* A half line would break the chain for good; without it the file ends as it did before. */
	if (ftruncate(a->fd, a->len) || n == (ssize_t)line->len)
		a->broken = true;
	return false;
}

bool audit_append(struct audit *a, struct json_line *line, bool durable, struct why *why)
{
	char head[64], hash[HASH_HEX + 1];
	int head_len = snprintf(head, sizeof(head), "{\"seq\":%" PRIu64 ",", a->count + 1);

	if (a->broken)
		return refuse(why, "the audit record failed earlier: restart the service");
	if (line->overflow || memcmp(line->text, head, (size_t)head_len) != 0)
		return refuse(why, "an audit record is too long or out of turn");
	hash_hex(line->text, line->len, hash);
	json_line_text(line, "hash", hash);
	if (!json_line_end(line))
		return refuse(why, "an audit record is too long");
	if (!write_line(a, line, durable, why))
		return false;
	a->len += (off_t)line->len;
	a->count++;
	memcpy(a->last, hash, sizeof(hash));
	return true;
}
