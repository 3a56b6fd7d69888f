/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What operators say of machines, who waits for their word, and tickets: as the store keeps it. */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/store/store.h"

#define AGES 100u

static struct store *store;
static const uint8_t node_a[TPM_NAME_LEN] = {0, 0x0b, 0xa}, node_b[TPM_NAME_LEN] = {0, 0x0b, 0xb};
static const uint8_t disk_a[DISK_ID_LEN] = {1}, disk_b[DISK_ID_LEN] = {2};

/* Those that a listing showed, by a byte of each, in its order. */
static char shown[64];

static void note(uint8_t byte)
{
	size_t len = strlen(shown);

	if (len + 1 < sizeof(shown))
		shown[len] = (char)byte;
}

static void note_enrolment(void *context, const struct store_enrolment *e)
{
	(void)context;
	note(e->node_id[2]);
}

static void note_pending(void *context, const struct store_pending *p)
{
	(void)context;
	note(p->node_id[2]);
}

static void note_ticket(void *context, const struct store_ticket *t)
{
	(void)context;
	note(t->disk_id[0]);
}

static bool enrolled_are(const char *wanted)
{
	memset(shown, 0, sizeof(shown));
	return done(store_each_enrolment(store, note_enrolment, NULL)) &&
	       strcmp(shown, wanted) == 0;
}

static bool waiting_are(const char *wanted)
{
	memset(shown, 0, sizeof(shown));
	if (!done(store_each_pending(store, note_pending, NULL)))
		return false;
	if (strcmp(shown, wanted) != 0)
		fprintf(stderr, "\"%s\" wait, not \"%s\"\n", shown, wanted);
	return strcmp(shown, wanted) == 0;
}

static bool tickets_are(const char *wanted)
{
	memset(shown, 0, sizeof(shown));
	return done(store_each_ticket(store, note_ticket, NULL)) && strcmp(shown, wanted) == 0;
}

static void test_enrolments(void)
{
	struct store_enrolment e = {.has_disk = true,
				       .role = "worker",
				       .label = "rack 7",
				       .subject = "a TPM",
				       .time_s = 5},
			       got;
	bool found = true;

	memcpy(e.node_id, node_a, TPM_NAME_LEN);
	memcpy(e.disk_id, disk_a, DISK_ID_LEN);
	CHECK(done(store_get_enrolment(store, node_a, NULL, &got, &found)) && !found);
	CHECK(done(store_put_enrolment(store, &e)));
	CHECK(done(store_get_enrolment(store, node_a, NULL, &got, &found)) && found);
	CHECK(got.has_disk && memcmp(got.disk_id, disk_a, DISK_ID_LEN) == 0 && got.time_s == 5);
	CHECK(strcmp(got.role, "worker") == 0 && strcmp(got.label, "rack 7") == 0);
	CHECK(strcmp(got.subject, "a TPM") == 0);
	/* By its endorsement key, where its name is another; its own name comes first. */
	CHECK(done(store_get_enrolment(store, node_b, node_a, &got, &found)) && found);
	CHECK_BYTES(got.node_id, node_a, TPM_NAME_LEN);
	memcpy(e.node_id, node_b, TPM_NAME_LEN);
	/* Nobody else has that disk; one without a disk does not matter to others. */
	CHECK(!done(store_put_enrolment(store, &e)));
	e.has_disk = false;
	CHECK(done(store_put_enrolment(store, &e)));
	CHECK(done(store_get_enrolment(store, node_b, node_a, &got, &found)) && found);
	CHECK(memcmp(got.node_id, node_b, TPM_NAME_LEN) == 0 && !got.has_disk);
	CHECK(enrolled_are("\xa\xb"));
	/* Again is in place of before. */
	e.role[0] = 0;
	CHECK(done(store_put_enrolment(store, &e)) && enrolled_are("\xa\xb"));
	CHECK(done(store_get_enrolment(store, node_b, NULL, &got, &found)) && !got.role[0]);
	CHECK(done(store_drop_enrolment(store, node_a)) && enrolled_are("\xb"));
	CHECK(done(store_drop_enrolment(store, node_a)));
	CHECK(done(store_drop_enrolment(store, node_b)) && enrolled_are(""));
}

/* The disk of an enrolment is reserved, in the view of all but the enrolled. */
static void test_reserved_disk(void)
{
	struct store_enrolment e = {.has_disk = true};
	struct store_view v;

	memcpy(e.node_id, node_a, TPM_NAME_LEN);
	memcpy(e.disk_id, disk_a, DISK_ID_LEN);
	CHECK(done(store_put_enrolment(store, &e)));
	CHECK(done(store_view(store, &(struct store_key){node_b, node_b, NULL, disk_a}, &v)));
	CHECK(v.disk_reserved && !v.has_enrolment);
	CHECK(done(store_view(store, &(struct store_key){node_b, node_b, NULL, disk_b}, &v)));
	CHECK(!v.disk_reserved);
	CHECK(done(store_view(store, &(struct store_key){node_b, node_a, NULL, disk_a}, &v)));
	CHECK(!v.disk_reserved && v.has_enrolment);
	CHECK(done(store_drop_enrolment(store, node_a)));
}

/* True when the newcomer waits: `who` from the source `from`, at a time; at most four at once. */
static bool comes(char who, uint8_t from, uint64_t now_s)
{
	struct store_pending p = {.node_id = {0, 0x0b, (uint8_t)who},
		.source = {from},
		.set_name = "set",
		.role = "worker",
		.subject = "a TPM",
		.first_s = now_s,
		.last_s = now_s};
	bool full = true;

	memcpy(p.disk_id, disk_a, DISK_ID_LEN);
	CHECK(done(store_put_pending(store, &p, now_s > AGES ? now_s - AGES : 0, 4, &full)));
	return !full;
}

static struct store_pending last;

static void keep(void *context, const struct store_pending *p)
{
	(void)context;
	last = *p;
}

static void test_waiting(void)
{
	CHECK(comes('a', 1, 1000) && comes('a', 2, 1050));
	CHECK(done(store_each_pending(store, keep, NULL)));
	CHECK(last.tries == 2 && last.first_s == 1000 && last.last_s == 1050);
	CHECK(last.source[0] == 2 && memcmp(last.disk_id, disk_a, DISK_ID_LEN) == 0);
	CHECK(strcmp(last.set_name, "set") == 0 && strcmp(last.role, "worker") == 0);
	CHECK(strcmp(last.subject, "a TPM") == 0);
	CHECK(comes('b', 1, 1100) && waiting_are("ab"));
	/* Who does not come again is forgotten. */
	CHECK(comes('c', 1, 1151) && waiting_are("bc"));
	CHECK(done(store_drop_pending(store, (const uint8_t[TPM_NAME_LEN]){0, 0x0b, 'b'})));
	CHECK(waiting_are("c"));
	CHECK(comes('d', 1, 9000) && waiting_are("d"));
	CHECK(done(store_drop_pending(store, (const uint8_t[TPM_NAME_LEN]){0, 0x0b, 'd'})));
}

/* Who comes from one source, with however many TPMs, takes no place from all others. */
static void test_crowd(void)
{
	CHECK(comes('a', 1, 1) && comes('b', 1, 2) && comes('c', 1, 3) && comes('d', 1, 4));
	CHECK(!comes('e', 1, 5) && waiting_are("abcd"));
	/* Who waits already only comes again. */
	CHECK(comes('d', 1, 6) && waiting_are("abcd"));
	CHECK(comes('x', 2, 7) && waiting_are("abcx"));
	CHECK(comes('y', 3, 8) && waiting_are("abxy"));
	CHECK(comes('z', 4, 9) && waiting_are("axyz"));
	/* Now no source has two more than a newcomer's: nobody pushes others to and fro. */
	CHECK(!comes('b', 1, 10) && !comes('q', 5, 11) && waiting_are("axyz"));
	for (const char *who = "axyz"; *who; who++)
		CHECK(done(store_drop_pending(
			store, (const uint8_t[TPM_NAME_LEN]){0, 0x0b, (uint8_t)*who})));
}

static void test_tickets(void)
{
	struct store_ticket t = {.uses = 2, .until_s = 77};
	struct store_view v;
	const struct store_key key = {node_a, NULL, NULL, disk_a};

	memcpy(t.disk_id, disk_a, DISK_ID_LEN);
	CHECK(done(store_put_ticket(store, &t)) && tickets_are("\1"));
	CHECK(done(store_view(store, &key, &v)) && v.has_ticket);
	CHECK(v.ticket.uses == 2 && v.ticket.until_s == 77);
	t.uses = 1;
	t.until_s = 0;
	CHECK(done(store_put_ticket(store, &t)) && done(store_view(store, &key, &v)));
	CHECK(v.has_ticket && v.ticket.uses == 1 && v.ticket.until_s == 0);
	memcpy(t.disk_id, disk_b, DISK_ID_LEN);
	CHECK(done(store_put_ticket(store, &t)) && tickets_are("\1\2"));
	/* The last use is gone: no ticket. */
	memcpy(t.disk_id, disk_a, DISK_ID_LEN);
	t.uses = 0;
	CHECK(done(store_put_ticket(store, &t)) && tickets_are("\2"));
	CHECK(done(store_view(store, &key, &v)) && !v.has_ticket);
	CHECK(done(store_put_ticket(store, &t)) && tickets_are("\2"));
}

int main(void)
{
	scratch_open();
	if (!done(store_open(scratch_path("store"), STORE_CREATE, &store))) {
		fprintf(stderr, "%s\n", last_failure.text);
		return 1;
	}
	RUN(test_enrolments);
	RUN(test_reserved_disk);
	RUN(test_waiting);
	RUN(test_crowd);
	RUN(test_tickets);
	store_close(store);
	scratch_close();
	return test_summary();
}
