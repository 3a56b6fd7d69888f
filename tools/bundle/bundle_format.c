/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The contents of a bundle: protostar-bundle(5), "Contents". */
#include <stdlib.h>
#include <string.h>

#include "tools/bundle/bundle_head.h"
#include "tools/bundle/bundle_names.h"
#include "tools/bundle/bundle_record.h"
#include "tools/lib/bytes.h"

#define HEADING	    "protostar-contents 1\n"
#define HEADING_LEN (sizeof(HEADING) - 1)
#define ANY_LEN	    (HEADING_LEN - 2) /* of it, what every version has */

static const struct span no_bytes = {(const uint8_t *)"", 0};

bool bundle_is_contents(struct span bytes)
{
	return bytes.len >= ANY_LEN && memcmp(bytes.data, HEADING, ANY_LEN) == 0;
}

void bundle_put_head(struct wire_writer *w, const struct bundle_head *head)
{
	wire_put_u8(w, (uint8_t)head->kind);
	wire_put_bytes(w, head->id, BUNDLE_ID_LEN);
	wire_put_u64(w, head->created_s);
	wire_put_u32(w, head->uses);
}

static bool head_good(const struct bundle_head *h)
{
	bool uses_good = h->kind == BUNDLE_SERVICE ? h->uses == 0
						   : h->uses && h->uses <= BUNDLE_USES_MAX;

	return uses_good && h->created_s <= INT64_MAX;
}

void bundle_get_head(struct cursor *r, struct bundle_head *out)
{
	uint8_t kind = wire_get_u8(r);

	if (kind != BUNDLE_RECOVERY && kind != BUNDLE_SERVICE)
		r->failed = true;
	out->kind = kind == BUNDLE_SERVICE ? BUNDLE_SERVICE : BUNDLE_RECOVERY;
	wire_get_bytes(r, out->id, BUNDLE_ID_LEN);
	out->created_s = wire_get_u64(r);
	out->uses = wire_get_u32(r);
	if (!head_good(out))
		r->failed = true;
}

static void put_records(struct wire_writer *w, const struct bundle *b)
{
	wire_put_u32(w, (uint32_t)b->node_count);
	for (size_t i = 0; i < b->node_count; i++)
		bundle_put_node(w, &b->nodes[i]);
	wire_put_u32(w, (uint32_t)b->enrolment_count);
	for (size_t i = 0; i < b->enrolment_count; i++)
		bundle_put_enrolment(w, &b->enrolments[i]);
	wire_put_u32(w, (uint32_t)b->ticket_count);
	for (size_t i = 0; i < b->ticket_count; i++)
		bundle_put_ticket(w, &b->tickets[i]);
	wire_put_u32(w, (uint32_t)b->revocation_count);
	for (size_t i = 0; i < b->revocation_count; i++)
		bundle_put_revocation(w, &b->revocations[i]);
}

static void put_keys(struct wire_writer *w, const struct bundle *b)
{
	wire_put_field(w, b->service_key, 1, BUNDLE_KEY_FILE_MAX);
	wire_put_field(w, b->ca_key, 1, BUNDLE_KEY_FILE_MAX);
	wire_put_field(w, b->ca_certificate, 1, BUNDLE_KEY_FILE_MAX);
	wire_put_field(w, b->kek, 1, BUNDLE_KEY_FILE_MAX);
}

static void put_contents(struct wire_writer *w, const struct bundle *b)
{
	wire_put_bytes(w, (const uint8_t *)HEADING, HEADING_LEN);
	bundle_put_head(w, &b->head);
	wire_put_field(w, b->policy, 1, POLICY_FILE_MAX);
	wire_put_u32(w, (uint32_t)b->file_count);
	for (size_t i = 0; i < b->file_count; i++) {
		wire_put_field(w, b->files[i].name, 1, BUNDLE_NAME_MAX);
		wire_put_field(w, b->files[i].bytes, 0, BUNDLE_FILE_MAX);
	}
	put_records(w, b);
	if (b->head.kind == BUNDLE_SERVICE)
		put_keys(w, b);
	else
		wire_put_field(w, b->ledger_key, BUNDLE_KEY_LEN, BUNDLE_KEY_LEN);
}

static bool same_bytes(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static struct failure check_files(const struct bundle *b)
{
	for (size_t i = 0; i < b->file_count; i++) {
		struct span name = b->files[i].name;

		if (!bundle_name_good(name))
			return refuse(
				"its policy's file %zu has a name that no bundle may have", i + 1);
		for (size_t k = 0; k < i; k++)
			if (same_bytes(name, b->files[k].name))
				return refuse("a file of its policy is there twice");
	}
	return failure_none();
}

/* Each key is there exactly when it has to be. */
static struct failure check_keys(const struct bundle *b, size_t at)
{
	const struct bundle_node *n = &b->nodes[at];
	bool recovery = b->head.kind == BUNDLE_RECOVERY;

	if (!recovery && (n->disk_key.len || n->next_key.len))
		return refuse("its node %zu has a disk key, which no service's bundle has", at + 1);
	if (recovery && n->disk_key.len != DISK_KEY_LEN)
		return refuse("its node %zu has no whole disk key", at + 1);
	if (recovery && n->next_key.len != (n->disk.next_version ? DISK_KEY_LEN : 0))
		return refuse("its node %zu has no whole next disk key, or one too many", at + 1);
	return failure_none();
}

static struct failure check_node(const struct bundle *b, size_t at)
{
	const struct bundle_node *n = &b->nodes[at];

	TRY_FAILURE(check_keys(b, at));
	if (b->head.kind == BUNDLE_RECOVERY && n->disk.state != DISK_ACTIVE)
		return refuse("its node %zu has a disk that was never in use", at + 1);
	for (size_t i = 0; i < at; i++)
		if (memcmp(b->nodes[i].node.node_id, n->node.node_id, TPM_NAME_LEN) == 0 ||
			memcmp(b->nodes[i].node.disk_id, n->node.disk_id, DISK_ID_LEN) == 0)
			return refuse("one of its nodes or disks is there twice");
	return failure_none();
}

/* What a codec cannot see. */
static struct failure check(const struct bundle *b)
{
	TRY_FAILURE(check_files(b));
	if (b->head.kind == BUNDLE_RECOVERY && !b->node_count)
		return refuse("it is for the recovery of no node");
	for (size_t i = 0; i < b->node_count; i++)
		TRY_FAILURE(check_node(b, i));
	return failure_none();
}

/* An upper bound; the writer says how much it is. */
static size_t length_bound(const struct bundle *b)
{
	size_t len = 1024 + b->policy.len + b->service_key.len + b->ca_key.len +
		     b->ca_certificate.len + b->kek.len;

	for (size_t i = 0; i < b->file_count; i++)
		len += b->files[i].name.len + b->files[i].bytes.len + 8;
	return len + b->node_count * NODE_RECORD_MAX + b->enrolment_count * ENROLMENT_RECORD_MAX +
	       b->ticket_count * TICKET_RECORD_MAX + b->revocation_count * REVOCATION_RECORD_MAX;
}

static struct failure check_counts(const struct bundle *b)
{
	if (b->file_count > BUNDLE_FILES_MAX)
		return refuse("the policy names more than %u files", BUNDLE_FILES_MAX);
	if (b->node_count > BUNDLE_RECORDS_MAX || b->enrolment_count > BUNDLE_RECORDS_MAX ||
		b->ticket_count > BUNDLE_RECORDS_MAX || b->revocation_count > BUNDLE_RECORDS_MAX)
		return refuse("a bundle has at most %u nodes, enrolments, tickets and revocations "
			      "of each",
			BUNDLE_RECORDS_MAX);
	return failure_none();
}

/* A count of records, of at least `least` bytes each. */
static size_t get_count(struct cursor *r, size_t max, size_t least)
{
	uint32_t count = wire_get_u32(r);

	if (count > max || count > r->left / least)
		r->failed = true;
	return r->failed ? 0 : count;
}

static void get_files(struct cursor *r, struct bundle *b)
{
	b->file_count = get_count(r, BUNDLE_FILES_MAX, 8);
	b->files = must_realloc(NULL, b->file_count + 1, sizeof(*b->files));
	for (size_t i = 0; i < b->file_count; i++) {
		b->files[i].name = wire_get_field(r, 1, BUNDLE_NAME_MAX);
		b->files[i].bytes = wire_get_field(r, 0, BUNDLE_FILE_MAX);
	}
}

static void *new_list(size_t count, size_t size)
{
	void *list = must_realloc(NULL, count + 1, size);

	memset(list, 0, (count + 1) * size);
	return list;
}

static void get_records(struct cursor *r, struct bundle *b)
{
	b->node_count = get_count(r, BUNDLE_RECORDS_MAX, 4 * TPM_NAME_LEN);
	b->nodes = new_list(b->node_count, sizeof(*b->nodes));
	for (size_t i = 0; i < b->node_count; i++)
		bundle_get_node(r, &b->nodes[i]);
	b->enrolment_count = get_count(r, BUNDLE_RECORDS_MAX, TPM_NAME_LEN);
	b->enrolments = new_list(b->enrolment_count, sizeof(*b->enrolments));
	for (size_t i = 0; i < b->enrolment_count; i++)
		bundle_get_enrolment(r, &b->enrolments[i]);
	b->ticket_count = get_count(r, BUNDLE_RECORDS_MAX, DISK_ID_LEN);
	b->tickets = new_list(b->ticket_count, sizeof(*b->tickets));
	for (size_t i = 0; i < b->ticket_count; i++)
		bundle_get_ticket(r, &b->tickets[i]);
	b->revocation_count = get_count(r, BUNDLE_RECORDS_MAX, 14);
	b->revocations = new_list(b->revocation_count, sizeof(*b->revocations));
	for (size_t i = 0; i < b->revocation_count; i++)
		bundle_get_revocation(r, &b->revocations[i]);
}

static void get_keys(struct cursor *r, struct bundle *b)
{
	b->service_key = wire_get_field(r, 1, BUNDLE_KEY_FILE_MAX);
	b->ca_key = wire_get_field(r, 1, BUNDLE_KEY_FILE_MAX);
	b->ca_certificate = wire_get_field(r, 1, BUNDLE_KEY_FILE_MAX);
	b->kek = wire_get_field(r, 1, BUNDLE_KEY_FILE_MAX);
}

static struct failure get_contents(struct cursor *r, struct bundle *b)
{
	wire_skip(r, HEADING_LEN);
	bundle_get_head(r, &b->head);
	b->policy = wire_get_field(r, 1, POLICY_FILE_MAX);
	get_files(r, b);
	get_records(r, b);
	if (b->head.kind == BUNDLE_SERVICE)
		get_keys(r, b);
	else
		b->ledger_key = wire_get_field(r, BUNDLE_KEY_LEN, BUNDLE_KEY_LEN);
	if (!wire_read_done(r))
		return refuse("the contents of the bundle are malformed: it was cut short or "
			      "changed. Take its backup, or export a new one");
	return check(b);
}

static struct failure check_heading(const struct locked_bytes *plain)
{
	struct span bytes = {plain->data, plain->len};

	if (!bundle_is_contents(bytes))
		return refuse("these are not the contents of a bundle");
	if (bytes.len < HEADING_LEN || memcmp(bytes.data, HEADING, HEADING_LEN) != 0)
		return refuse("the contents of the bundle have a format that this release does not "
			      "know: use the release that wrote them");
	if (bytes.len > BUNDLE_PLAIN_MAX)
		return refuse("a bundle has at most %u MiB of contents", BUNDLE_PLAIN_MAX >> 20);
	return failure_none();
}

/* What cannot be read would be found out on the day it is needed. */
static struct failure read_back(const struct locked_bytes *plain)
{
	struct bundle b = {0};
	struct cursor r;
	struct failure f;

	wire_read_start(&r, plain->data, plain->len);
	f = get_contents(&r, &b);
	bundle_free(&b);
	return f.happened ? refuse("a record of the store cannot be in a bundle: %s", f.text) : f;
}

struct failure bundle_encode(const struct bundle *b, struct locked_bytes *out)
{
	LOCKED_BYTES_AUTO plain = {0};
	struct wire_writer w;

	TRY_FAILURE(check_counts(b));
	TRY_FAILURE(check(b));
	TRY_FAILURE(locked_bytes_new(length_bound(b), &plain));
	wire_write_start(&w, plain.data, plain.len);
	put_contents(&w, b);
	if (w.failed)
		return refuse("a part of the bundle is empty or too large for one");
	if (w.len > BUNDLE_PLAIN_MAX)
		return refuse("a bundle has at most %u MiB of contents, and this one %zu bytes",
			BUNDLE_PLAIN_MAX >> 20, w.len);
	plain.len = w.len;
	TRY_FAILURE(read_back(&plain));
	*out = plain;
	plain = (struct locked_bytes){0};
	return failure_none();
}

struct failure bundle_decode(struct locked_bytes *plain, struct bundle *out)
{
	struct bundle b = {.ledger_key = no_bytes,
		.service_key = no_bytes,
		.ca_key = no_bytes,
		.ca_certificate = no_bytes,
		.kek = no_bytes};
	struct cursor r;
	struct failure f;

	TRY_FAILURE(check_heading(plain));
	wire_read_start(&r, plain->data, plain->len);
	f = get_contents(&r, &b);
	if (f.happened) {
		bundle_free(&b);
		return f;
	}
	b.plain = *plain;
	*plain = (struct locked_bytes){0};
	*out = b;
	return f;
}

struct failure bundle_decode_copy(struct span contents, struct bundle *out)
{
	LOCKED_BYTES_AUTO plain = {0};

	if (!contents.len || contents.len > BUNDLE_PLAIN_MAX)
		return refuse("a bundle has 1 byte to %u MiB of contents", BUNDLE_PLAIN_MAX >> 20);
	TRY_FAILURE(locked_bytes_new(contents.len, &plain));
	memcpy(plain.data, contents.data, contents.len);
	return bundle_decode(&plain, out);
}

void bundle_free(struct bundle *b)
{
	free(b->files);
	free(b->nodes);
	free(b->enrolments);
	free(b->tickets);
	free(b->revocations);
	locked_bytes_free(&b->plain);
	*b = (struct bundle){0};
}
