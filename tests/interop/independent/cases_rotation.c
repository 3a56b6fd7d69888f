/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PROTOCOL.md 7.2: a disk goes over to the key of another version, with two COMMITs. */
#include "tests/interop/independent/cases.h"

#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* A COMMIT otherwise than granted: a member that is not KEEP is what is sent. */
#define KEEP 0xffu
struct row {
	const char *name;
	unsigned code;
	uint32_t version, next, generation_add, mac, next_mac; /* mac 0: zeros */
};

static const struct row first[] = {
	{"first COMMIT: as if nothing were to change", 616, KEEP, 0, 0, KEEP, 0},
	{"first COMMIT: a higher next version", 616, KEEP, 3, 0, KEEP, KEEP},
	{"first COMMIT: the new version, which is not on record", 616, 2, 0, 0, KEEP, 0},
	{"first COMMIT: a version of nobody", 616, 9, 0, 0, KEEP, 0},
	{"first COMMIT: a generation too far", 616, KEEP, KEEP, 1, KEEP, KEEP},
	{"first COMMIT: a MAC of zeros", 616, KEEP, KEEP, 0, 0, KEEP},
	{"first COMMIT: a next version that is not above", 601, KEEP, 1, 0, KEEP, KEEP},
	{"first COMMIT: a next version without its MAC", 601, KEEP, KEEP, 0, KEEP, 0},
	{"first COMMIT: a MAC of no next version", 601, KEEP, 0, 0, KEEP, KEEP},
};

/* The MAC of a next version, where a row wants one, is that of the header: not zero. */
static const struct row second[] = {
	{"second COMMIT: the old version", 616, 1, 0, 0, KEEP, 0},
	{"second COMMIT: a version above", 616, 3, 0, 0, KEEP, 0},
	{"second COMMIT: another change at once", 616, KEEP, 3, 0, KEEP, KEEP},
	{"second COMMIT: a generation too far", 616, KEEP, 0, 1, KEEP, 0},
	{"second COMMIT: a MAC of zeros", 616, KEEP, 0, 0, 0, 0},
	{"second COMMIT: a MAC of no next version", 601, KEEP, 0, 0, KEEP, KEEP},
};

static void change(struct commit *c, const struct row *r)
{
	c->key_version = r->version == KEEP ? c->key_version : r->version;
	c->next_version = r->next == KEEP ? c->next_version : r->next;
	c->generation += r->generation_add;
	memcpy(c->next_header_mac, c->header_mac, 32);
	if (!r->next_mac)
		memset(c->next_header_mac, 0, 32);
	if (!r->mac)
		memset(c->header_mac, 0, 32);
}

/* Up to the GRANT, which has to name these versions. */
static void granted(struct session *s, const struct machine *m, uint32_t version, uint32_t next)
{
	struct service to = the_service();
	struct plan p;

	plan_init(&p, m);
	need(session_open(s, &to, m, &p) == GOOD && session_join(s) == GOOD, "a grant");
	need(s->key_version == version && s->next_version == next, "the versions of a grant");
}

static void known(struct machine *m)
{
	struct session s;

	machine_make(m, KEY_P256, KEY_P256);
	granted(&s, m, 1, 0);
	need(session_commit(&s) == GOOD, "a node that is known");
	session_close(&s);
}

static void first_fields(const struct machine *m)
{
	for (size_t i = 0; i < ROWS(first); i++) {
		struct session s;
		struct commit c;

		granted(&s, m, 1, 2);
		session_first(&s, &c);
		change(&c, &first[i]);
		expect(first[i].name, first[i].code, session_send_commit(&s, &c));
		session_close(&s);
	}
}

static void second_fields(const struct machine *m)
{
	for (size_t i = 0; i < ROWS(second); i++) {
		struct session s;
		struct commit c;

		granted(&s, m, 1, 2);
		need(session_commit(&s) == GOOD, "the first COMMIT");
		session_second(&s, &c);
		change(&c, &second[i]);
		expect(second[i].name, second[i].code, session_send_commit(&s, &c));
		session_close(&s);
	}
}

static void whole(const struct machine *m)
{
	uint8_t next_key[32];
	struct session s;
	struct commit c;

	granted(&s, m, 1, 2);
	memcpy(next_key, s.next_key, 32);
	expect("rotation: the first COMMIT", GOOD, session_commit(&s));
	session_second(&s, &c);
	expect("rotation: the second COMMIT", GOOD, session_send_commit(&s, &c));
	expect("rotation: nothing is due behind it", ENDED, session_send_commit(&s, &c));
	session_close(&s);
	granted(&s, m, 2, 0);
	need(memcmp(next_key, s.disk_key, 32) == 0, "the next key is the disk's now");
	expect("rotation: the second COMMIT again", 616, session_send_commit(&s, &c));
	session_close(&s);
}

/* The new header was written, and the second COMMIT was lost. */
static void new_header(const struct machine *m)
{
	struct session s;
	struct commit c;

	granted(&s, m, 1, 2);
	need(session_commit(&s) == GOOD, "the first COMMIT");
	session_close(&s);
	granted(&s, m, 1, 2);
	session_second(&s, &c);
	c.generation = s.generation + 1;
	expect("rotation: the new header after a lost COMMIT", GOOD, session_send_commit(&s, &c));
	session_close(&s);
	granted(&s, m, 2, 0);
	session_close(&s);
}

static void retired(const struct machine *m)
{
	struct session s;

	granted(&s, m, 1, 2);
	need(node_command("rotate", "--kek", NULL) && !node_command("retire", "2", NULL),
		"a version that disks have is not retired");
	expect("rotation: a newer version beside", GOOD, session_commit(&s));
	session_close(&s);
	granted(&s, m, 1, 2);
	session_close(&s);
}

void cases_rotation(void)
{
	struct machine fields, lost, begun;

	known(&fields);
	known(&lost);
	known(&begun);
	need(node_command("rotate", "--kek", NULL), "node rotate");
	first_fields(&fields);
	second_fields(&fields);
	whole(&fields);
	new_header(&lost);
	retired(&begun);
	machine_free(&fields);
	machine_free(&lost);
	machine_free(&begun);
}
