/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of an exchange enters the audit record: decisions always, what strangers cause within
 * bounds, and what did not come true is taken back before anything else is written.
 */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/join/record.h"

#include <signal.h>
#include <sys/resource.h>

#include "early/contract/errors.h"

static struct service s;
static struct admission admission;
static struct exchange x;
static struct audit_tail tail;
static char path[256];

/* The text of the record's file. */
static const char *text(void)
{
	static char all[1 << 20];
	FILE *f = fopen(path, "rb");

	if (!f)
		abort();
	all[fread(all, 1, sizeof(all) - 1, f)] = 0;
	fclose(f);
	return all;
}

static void deny_with(uint16_t code, const char *sentence)
{
	struct denial d = deny(code, sentence);

	record_denial(&s, &x, &d);
}

static uint64_t last_line(void)
{
	struct audit_position at = {0};

	CHECK(done(audit_position(s.audit, &at)));
	return at.seq;
}

/* A service with an empty record, and a node that was just granted a key. */
static void begin(void)
{
	const struct audit_position nothing = {0};

	audit_close(s.audit);
	store_close(s.store);
	s = (struct service){.log = {.fd = -1}};
	snprintf(path, sizeof(path), "%s", scratch_path("audit"));
	unlink(path);
	unlink(scratch_path("store"));
	unlink(scratch_path("audit.1"));
	if (!done(audit_open(path, &nothing, &s.audit, &tail)) ||
		!done(store_open(scratch_path("store"), STORE_CREATE, &s.store)))
		abort();
	admission = (struct admission){.claims_known = true, .disk_id = {0xd1}};
	x = (struct exchange){.phase = EXCHANGE_EVIDENCE, .peer = "peer", .admission = &admission};
	x.granted.action = ACTION_FORMAT;
}

static void limit_file(rlim_t bytes, struct rlimit *out_old)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, out_old);
	limit = *out_old;
	limit.rlim_cur = bytes;
	if (setrlimit(RLIMIT_FSIZE, &limit))
		abort();
}

static void test_void(void)
{
	struct rlimit old;

	begin();
	CHECK(done(record_grant(&s, &x)));
	record_void(&s, last_line());
	CHECK(strstr(text(), "\"event\":\"void\",\"of\":1") && last_line() == 2);
	CHECK(done(record_grant(&s, &x)));
	/* No room for it: it comes before the next line of any kind. */
	limit_file(strlen(text()) + 20, &old);
	record_void(&s, 3);
	deny_with(E_DENY_BUSY, "x");
	CHECK(!done(record_grant(&s, &x)));
	CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0 && last_line() == 3);
	deny_with(E_DENY_BUSY, "x");
	CHECK(last_line() == 5 && strstr(text(), "\"event\":\"void\",\"of\":3"));
	CHECK(strstr(text(), "{\"seq\":5,") < strstr(text(), "\"event\":\"deny\""));
	CHECK(strstr(text(), "\"denials_left_out\":1") != NULL);
	CHECK(done(record_grant(&s, &x)) && last_line() == 6);
}

/* Where no node and no disk was named there is nothing to remember, and nothing is counted. */
static void test_undecodable_evidence(void)
{
	begin();
	admission.claims_known = false;
	deny_with(E_DENY_PROTOCOL, "the claims cannot be decoded");
	x.admission = NULL;
	deny_with(E_DENY_PROTOCOL, "the message cannot be decoded");
	CHECK(last_line() == 0);
	x.admission = &admission;
	admission.claims_known = true;
	deny_with(E_DENY_MEASUREMENTS, "x");
	CHECK(last_line() == 1 && !strstr(text(), "left_out"));
}

/* A key that was only claimed is not called the node. */
static void test_claimed_key(void)
{
	begin();
	admission.has_ek = true;
	deny_with(E_DENY_ACTIVATION, "x");
	CHECK(strstr(text(), "\"claimed_ek\":\"0000") && !strstr(text(), "\"node\":"));
	admission.proven = true; /* no set rests on it, so nobody asked for a proof */
	deny_with(E_DENY_IDENTITY, "x");
	CHECK(!strstr(text(), "\"node\":"));
	admission.has_ak = true;
	deny_with(E_DENY_IDENTITY, "x");
	CHECK(strstr(text(), "\"claimed_ak\":") && !strstr(text(), "\"ak\":"));
	admission.ek_proven = admission.quoted = true;
	deny_with(E_DENY_NODE_DISK, "x");
	CHECK(strstr(text(), "\"node\":\"0000") && strstr(text(), "\"ak\":"));
}

/* Past the bytes of a day nothing is recorded but decisions; the next of them says how much. */
static void test_byte_budget(void)
{
	uint64_t before;

	begin();
	deny_with(E_DENY_MEASUREMENTS, "x");
	CHECK(s.denials.bytes == strlen(text()));
	s.denials.bytes = DENIAL_BYTES_PER_DAY;
	before = last_line();
	deny_with(E_DENY_MEASUREMENTS, "x");
	record_abort(&s, &x, 530);
	CHECK(last_line() == before && s.denials.left_out == 2);
	/* What ends a grant is no stranger's. */
	x.phase = EXCHANGE_COMMIT;
	record_abort(&s, &x, 530);
	record_unsent(&s, &x);
	CHECK(last_line() == before + 2 && s.denials.bytes == DENIAL_BYTES_PER_DAY);
	CHECK(strstr(text(), "\"event\":\"abort\",\"denials_left_out\":2"));
	CHECK(strstr(text(), "\"event\":\"unsent\",\"peer\""));
	s.denials.left_out = 3;
	CHECK(done(record_grant(&s, &x)) && done(record_commit(&s, &x, &x.granted.disk)));
	CHECK(strstr(text(), "\"event\":\"grant\",\"denials_left_out\":3"));
	CHECK(s.denials.left_out == 0 && strstr(text(), "\"event\":\"commit\",\"peer\""));
}

/* However many denials there were, an alarm has its room; and the log says how many there were. */
static void test_alarms(void)
{
	struct denial alarm = deny(E_DENY_NODE_DISK, "a disk that is another's");
	static char said[4096];
	int log[2];

	begin();
	alarm.alarm = true;
	if (pipe(log))
		abort();
	s.log.fd = log[1];
	s.log.json = true;
	deny_with(E_DENY_MEASUREMENTS, "x");
	s.denials.bytes = DENIAL_BYTES_PER_DAY;
	deny_with(E_DENY_MEASUREMENTS, "x");
	CHECK(s.denials.left_out == 1);
	record_denial(&s, &x, &alarm);
	record_denial(&s, &x, &alarm);
	CHECK(read(log[0], said, sizeof(said) - 1) > 0);
	CHECK(strstr(said, "\"event\":\"alarm\"") && strstr(said, "\"count\":2"));
	CHECK(strstr(text(), "\"event\":\"alarm\",\"denials_left_out\":1"));
	CHECK(s.alarms.taken == 2 && s.alarms.left_out == 0);
	s.log = (struct log){.fd = -1};
	close(log[0]);
	close(log[1]);
}

/* Rotation: the store knows the last line before and after, and nothing is lost between. */
static void test_reopen(void)
{
	struct audit_position known;
	struct audit_checked checked;
	const char *const paths[] = {scratch_path("audit.1"), path};

	begin();
	CHECK(done(record_grant(&s, &x)));
	deny_with(E_DENY_MEASUREMENTS, "x");
	record_reopen(&s);
	CHECK(done(store_get_position(s.store, &known)) && known.seq == 2);
	REQUIRE(rename(path, paths[0]) == 0);
	scratch_write(path, "no", 2, 0600);
	deny_with(E_DENY_MEASUREMENTS, "x");
	record_reopen(&s);
	CHECK(done(store_get_position(s.store, &known)) && known.seq == 3);
	CHECK(strcmp(text(), "no") == 0);
	unlink(path);
	record_reopen(&s);
	CHECK(done(store_get_position(s.store, &known)) && known.seq == 4);
	CHECK(known.end == strlen(text()) && strstr(text(), "\"event\":\"continued\""));
	CHECK(done(record_grant(&s, &x)));
	CHECK(done(audit_check(paths, 2, &checked)) && checked.lines == 5);
}

int main(void)
{
	signal(SIGXFSZ, SIG_IGN);
	scratch_open();
	RUN(test_void);
	RUN(test_undecodable_evidence);
	RUN(test_claimed_key);
	RUN(test_byte_budget);
	RUN(test_alarms);
	RUN(test_reopen);
	audit_close(s.audit);
	store_close(s.store);
	scratch_close();
	return test_summary();
}
