/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join client against a service that misbehaves by script (scripted_service.h). Everything but
 * the TPM and the disk is real: sockets, TLS, codecs, wrapping.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/errors.h"
#include "crypto/random.h"
#include "early/boot.h"
#include "early/clock.h"
#include "early/contract/errors.h"
#include "early/join/evidence.h"
#include "early/join/join_exchange.h"
#include "early/join/race.h"
#include "tests/unit/join/fakes.h"
#include "tests/unit/join/scripted_service.h"
#include "tests/unit/test.h"

static struct boot boot;
static struct race race;

static bool disk_not_blank;

static void fresh_boot(void)
{
	secret_free(&boot.join_material);
	memset(&boot, 0, sizeof(boot));
	memset(&fakes, 0, sizeof(fakes));
	fakes.not_blank = disk_not_blank;
	boot.config.join_timeout_s = 60;
	boot.tpm = fake_tpm();
	boot.config.service_count = 1;
	boot.config.pin_count = 1;
	service_pin(1, boot.config.pins[0]);
	memset(boot.disk_id, 0xdd, DISK_ID_LEN);
}

/* One round without the retries of the stage. */
static struct status one_round(uint32_t *retry_after_ms)
{
	struct peer *winner;
	struct status s;

	*retry_after_ms = 0;
	race_open(&race, &boot.config);
	s = race_run(&race, &boot.config, true, clock_ms() + 30000, &winner);
	if (failed(s))
		return s;
	s = join_exchange(&boot, winner, retry_after_ms);
	race_end(&race);
	return s;
}

/* The code that one round with this service ends with. */
static uint16_t round_with(const struct script *script)
{
	uint32_t retry_after_ms;
	struct status s;
	pid_t pid;

	fresh_boot();
	pid = service_start(script, &boot.config.services[0]);
	s = one_round(&retry_after_ms);
	service_stop(pid);
	return s.code;
}

/* The code of the ABORT, which the service reads in its own time; 0 when none comes. */
static uint16_t told(void)
{
	for (int i = 0; i < 2000 && !service_report()->abort_code; i++)
		usleep(10000);
	return service_report()->abort_code;
}

/* An event log is sent whole or not at all: as long as the protocol takes, and no byte more. */
static void test_event_log_read(void)
{
	static uint8_t log[EVENT_LOG_MAX + 1];
	char path[] = "/tmp/protostar-log-XXXXXX";
	int fd = mkstemp(path);
	size_t len = 1;

	REQUIRE(fd >= 0 && write(fd, log, EVENT_LOG_MAX) == EVENT_LOG_MAX);
	CHECK(EVENT_LOG_MAX >= 2 * 65536);
	CHECK(!failed(event_log_read(path, log, EVENT_LOG_MAX, &len)) && len == EVENT_LOG_MAX);
	REQUIRE(write(fd, log, 1) == 1);
	CHECK(event_log_read(path, log, EVENT_LOG_MAX, &len).code == E_EVENT_LOG_LONG);
	close(fd);
	unlink(path);
	CHECK(!failed(event_log_read(path, log, EVENT_LOG_MAX, &len)) && len == 0);
}

/* A log in a file, and a quote during which something happens to it. */
static struct changing_log {
	char path[32];
	const char *texts[8]; /* what it holds during quote 1, 2 and on; NULL: it is gone */
	unsigned quotes;
} changing;

static void log_put(const char *text)
{
	FILE *f;

	unlink(changing.path);
	if (!text)
		return;
	f = fopen(changing.path, "w");
	CHECK(f && fputs(text, f) >= 0 && !fclose(f));
}

static struct status quote_while_it_changes(void *context)
{
	struct changing_log *c = context;

	log_put(c->texts[c->quotes]);
	if (c->quotes < 7)
		c->quotes++;
	return OK;
}

/* first: what is there before; the others as quotes go on. The code, and the log's length. */
static unsigned quoted_log(const char *first, const char *const texts[8], size_t *out_len)
{
	uint8_t log[64];

	changing = (struct changing_log){.path = "/tmp/protostar-log-changes"};
	snprintf(changing.path, sizeof(changing.path), "/tmp/protostar-log-%d", (int)getpid());
	memcpy(changing.texts, texts, sizeof(changing.texts));
	log_put(first);
	unsigned code = event_log_around(
		changing.path, quote_while_it_changes, &changing, log, sizeof(log), out_len)
				.code;
	unlink(changing.path);
	return code;
}

/* The log that is sent is one that was the same before and after the quote, or none at all. */
static void test_event_log_changes(void)
{
	static const char *const same[8] = {"one", "one"};
	static const char *const grows[8] = {"one, two", "one, two"};
	static const char *const shrinks[8] = {"on", "on"};
	static const char *const never[8] = {"2", "3", "4", "5", "6", "7", "8", "9"};
	static const char *const late[8] = {"2", "3", "4", "5", "5"};
	static const char *const long_one[8] = {
		"0123456789012345678901234567890123456789012345678901234567890123456789"};
	static const char *const gone[8], *const gone_later[8] = {"one, two", NULL};
	size_t len = 0;

	CHECK(quoted_log("one", same, &len) == 0 && len == 3 && changing.quotes == 1);
	CHECK(quoted_log("one", grows, &len) == 0 && len == 8 && changing.quotes == 2);
	CHECK(quoted_log("one", shrinks, &len) == 0 && len == 2 && changing.quotes == 2);
	CHECK(quoted_log("1", late, &len) == 0 && len == 1 && changing.quotes == 5);
	CHECK(quoted_log("1", never, &len) == E_EVENT_LOG_CHANGES && changing.quotes == 5);
	CHECK(quoted_log("one", long_one, &len) == E_EVENT_LOG_LONG);
	CHECK(quoted_log("one", gone, &len) == E_EVENT_LOG_CHANGES && changing.quotes == 1);
	CHECK(quoted_log("one", gone_later, &len) == E_EVENT_LOG_CHANGES && changing.quotes == 2);
	CHECK(quoted_log(NULL, gone, &len) == 0 && len == 0 && changing.quotes == 1);
	CHECK(quoted_log(NULL, same, &len) == 0 && len == 3 && changing.quotes == 2);
}

static void test_open(void)
{
	const struct script s = {.key = 1, .generation = 12, .challenge = true};
	const struct report *r;

	CHECK(round_with(&s) == 0);
	r = service_report();
	CHECK(r->evidence && r->proof && r->certificates == 2);
	CHECK(r->commit.action == ACTION_OPEN && r->commit.generation == 13);
	CHECK(r->commit.header_mac[0] == FAKE_NEXT_MAC &&
		r->commit.header_mac[31] == FAKE_NEXT_MAC);
	CHECK(fakes.opens == 1 && fakes.formats == 0 && fakes.generation == 12);
	CHECK(fakes.disk_key[0] == SERVICE_DISK_KEY && fakes.disk_key[31] == SERVICE_DISK_KEY);
	CHECK(boot.action == ACTION_OPEN && boot.generation == 13 && boot.key_version == 4);
	CHECK(boot.policy_epoch == 6 && strcmp(boot.role, SERVICE_ROLE) == 0);
	REQUIRE(boot.join_material.len == strlen(SERVICE_MATERIAL));
	CHECK_BYTES(boot.join_material.bytes, SERVICE_MATERIAL, boot.join_material.len);
	REQUIRE(boot.certificate_len == strlen(SERVICE_CERTIFICATE));
	CHECK_BYTES(boot.certificate, SERVICE_CERTIFICATE, boot.certificate_len);
}

/* A service that says nothing of itself, to a node that wants to know. */
static void test_service_evidence_missing(void)
{
	const struct script s = {.key = 1, .generation = 12};
	uint32_t retry;
	pid_t pid;

	fresh_boot();
	boot.config.service_wanted.given = true;
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(one_round(&retry).code == E_SERVICE_FORM && told() == E_SERVICE_FORM);
	service_stop(pid);
	CHECK(fakes.opens == 0 && fakes.formats == 0);
}

static void test_format(void)
{
	const struct script s = {.key = 1, .generation = 3, .action = ACTION_FORMAT};
	const struct report *r;

	CHECK(round_with(&s) == 0);
	r = service_report();
	CHECK(r->commit.action == ACTION_FORMAT && r->commit.generation == 4);
	CHECK(r->commit.header_mac[0] == FAKE_NEW_MAC && r->commit.header_mac[31] == FAKE_NEW_MAC);
	CHECK(fakes.formats == 1 && fakes.opens == 0 && fakes.generation == 4);
	CHECK(!r->proof && r->abort_code == 0 && r->contents == DISK_BLANK);
}

/* A disk with something on it is formatted only by a grant that says so. */
static void test_format_only_what_is_blank(void)
{
	struct script s = {.key = 1, .generation = 3, .action = ACTION_FORMAT};
	const struct report *r;
	uint32_t retry;
	pid_t pid;

	disk_not_blank = true;
	fresh_boot();
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(one_round(&retry).code == E_STATE_NOT_BLANK && told() == E_STATE_NOT_BLANK);
	r = service_report();
	CHECK(r->contents == DISK_NOT_BLANK);
	service_stop(pid);
	CHECK(fakes.formats == 0 && fakes.opens == 0);
	s.action = ACTION_OVERWRITE;
	CHECK(round_with(&s) == 0);
	CHECK(r->commit.action == ACTION_OVERWRITE && r->commit.generation == 4);
	CHECK(fakes.formats == 1 && fakes.opens == 0);
	disk_not_blank = false;
}

/* The first COMMIT names both headers; only then is the disk's own changed, and committed alone. */
static void test_rotate(void)
{
	const struct script s = {.key = 1, .generation = 12, .challenge = true, .rotate = true};
	const struct report *r;

	CHECK(round_with(&s) == 0);
	r = service_report();
	CHECK(r->commits == 2 && r->commit.action == ACTION_OPEN && r->commit.generation == 13);
	CHECK(r->commit.key_version == SERVICE_VERSION);
	CHECK(r->commit.next_version == SERVICE_NEXT_VERSION);
	CHECK(r->commit.header_mac[0] == FAKE_NEXT_MAC);
	CHECK(r->commit.next_header_mac[31] == FAKE_ROTATE_MAC);
	CHECK(r->second.action == ACTION_OPEN && r->second.generation == 14);
	CHECK(r->second.key_version == SERVICE_NEXT_VERSION && r->second.next_version == 0);
	CHECK(r->second.header_mac[0] == FAKE_ROTATED_MAC);
	CHECK(fakes.next_given && !fakes.next_committed && fakes.generation == 12);
	CHECK(fakes.disk_key[0] == SERVICE_DISK_KEY && fakes.next_key[31] == SERVICE_NEXT_KEY);
	CHECK(fakes.rotates == 1 && fakes.commits_before_rotate == 1);
	CHECK(boot.key_version == SERVICE_NEXT_VERSION && boot.generation == 14);
	CHECK(boot.certificate_len == strlen(SERVICE_CERTIFICATE) && r->abort_code == 0);
}

/* A rotation whose writes were done in an earlier boot: one COMMIT, of the new version. */
static void test_rotation_is_ended(void)
{
	const struct script s = {
		.key = 1, .generation = 12, .rotate = true, .next_committed = true};
	struct report r;
	uint32_t retry;
	pid_t pid;

	fresh_boot();
	fakes.with_next = true;
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(!failed(one_round(&retry)));
	service_stop(pid);
	r = *service_report();
	CHECK(fakes.next_committed && fakes.rotates == 0 && r.commits == 1);
	CHECK(r.commit.generation == 13 && r.commit.key_version == SERVICE_NEXT_VERSION);
	CHECK(r.commit.next_version == 0 && r.commit.header_mac[0] == FAKE_NEXT_MAC);
	CHECK(boot.key_version == SERVICE_NEXT_VERSION && boot.generation == 13);
	/* Or begun anew, where the disk still has the old header. */
	CHECK(round_with(&s) == 0 && fakes.rotates == 1 && service_report()->commits == 2);
}

/* Without the first ACK the header in use is not touched; without the second nothing is mounted. */
static void test_rotation_needs_each_ack(void)
{
	struct script s = {.key = 1,
		.generation = 12,
		.rotate = true,
		.at = TURN_ACK,
		.fault = FAULT_DENY,
		.amount = 616};

	CHECK(round_with(&s) == 616 && fakes.rotates == 0);
	CHECK(boot.generation == 0 && service_report()->commits == 1);
	s.fault = FAULT_CLOSE;
	CHECK(round_with(&s) == E_JOIN_CLOSED && fakes.rotates == 0);
	s.at = TURN_SECOND_ACK;
	CHECK(round_with(&s) == E_JOIN_CLOSED && fakes.rotates == 1);
	CHECK(boot.generation == 13 && boot.key_version == SERVICE_VERSION);
	s.fault = FAULT_DENY;
	CHECK(round_with(&s) == 616 && fakes.rotates == 1 && service_report()->commits == 2);
}

static void test_failure_to_rotate_is_told(void)
{
	const struct script s = {.key = 1, .generation = 12, .rotate = true};
	uint32_t retry;
	pid_t pid;

	fresh_boot();
	fakes.rotate_fails = E_HEADER_WRITE;
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(one_round(&retry).code == E_HEADER_WRITE && told() == E_HEADER_WRITE);
	CHECK(service_report()->commits == 1 && service_report()->second.action == 0);
	service_stop(pid);
}

static void test_cut_at_every_byte_of_the_wire(void)
{
	struct script s = {.key = 1, .generation = 12, .challenge = true};
	size_t whole;

	REQUIRE(round_with(&s) == 0);
	whole = service_report()->wire_bytes;
	REQUIRE(whole > 500);
	for (s.cut_wire = 1; s.cut_wire < whole; s.cut_wire++) {
		uint16_t code = round_with(&s);
		/* After the ACK's record a cut takes nothing away but the farewell. */
		bool acked = code == 0 && whole - s.cut_wire < 40;

		CHECK(acked || code == E_JOIN_CUT || code == E_JOIN_READ || code == E_JOIN_WRITE);
		if (!acked && code != E_JOIN_CUT && code != E_JOIN_READ && code != E_JOIN_WRITE)
			printf("    cut at %zu of %zu: E%u\n", s.cut_wire, whole, code);
	}
}

/* However the service cuts its HELLO into records, the node goes on without another byte. */
static void test_hello_in_records(void)
{
	struct script s = {.key = 1, .generation = 12, .challenge = true};

	for (s.records = 1; s.records <= 45; s.records += 2) {
		for (s.empty = 0; s.empty < 3; s.empty++) {
			uint16_t code = round_with(&s);

			CHECK(code == 0);
			if (code)
				printf("    %u records after %u empty ones: E%u\n", s.records,
					s.empty, code);
		}
	}
}

static void test_messages_cut_and_closed_in_order(void)
{
	static const struct {
		enum turn at;
		size_t len;
	} turns[] = {{TURN_HELLO, 60}, {TURN_CHALLENGE, 28}, {TURN_GRANT, 200}, {TURN_ACK, 6}};

	for (size_t t = 0; t < sizeof(turns) / sizeof(turns[0]); t++) {
		struct script s = {.key = 1,
			.generation = 12,
			.challenge = true,
			.at = turns[t].at,
			.fault = FAULT_TRUNCATE};

		for (s.amount = 1; s.amount<turns[t].len; s.amount += turns[t].len> 100 ? 7 : 1)
			CHECK(round_with(&s) == E_JOIN_CLOSED);
		s.fault = FAULT_CLOSE;
		CHECK(round_with(&s) == E_JOIN_CLOSED);
	}
}

static void test_bytes_in_place_of_messages(void)
{
	static const uint8_t oversize[] = {0, 2, 0, 0, MSG_GRANT, 1, 0};
	static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, MSG_GRANT, 1, 0};
	static const uint8_t version[] = {0, 0, 0, 2, MSG_ACK, 2};
	static const uint8_t type[] = {0, 0, 0, 2, 10, 1};
	static const uint8_t ack[] = {0, 0, 0, 2, MSG_ACK, 1};
	static const uint8_t hello[] = {0, 0, 0, 4, MSG_HELLO, 1, 0, 0};
	static const uint8_t challenge[] = {0, 0, 0, 4, MSG_CHALLENGE, 1, 0, 0};
	static const uint8_t grant[] = {0, 0, 0, 4, MSG_GRANT, 1, 0, 0};
	static const uint8_t deny[] = {0, 0, 0, 4, MSG_DENY, 1, 0, 0};
	static const uint8_t long_ack[] = {0, 0, 0, 3, MSG_ACK, 1, 0};
	static const struct {
		enum turn at;
		struct span bytes;
		uint16_t code;
	} cases[] = {
		{TURN_HELLO, {oversize, sizeof(oversize)}, E_JOIN_FRAME},
		{TURN_HELLO, {huge, sizeof(huge)}, E_JOIN_FRAME},
		{TURN_GRANT, {version, sizeof(version)}, E_JOIN_FRAME},
		{TURN_GRANT, {type, sizeof(type)}, E_JOIN_FRAME},
		{TURN_HELLO, {ack, sizeof(ack)}, E_JOIN_HELLO_DUE},
		{TURN_HELLO, {hello, sizeof(hello)}, E_JOIN_HELLO_FORM},
		{TURN_HELLO, {deny, sizeof(deny)}, E_JOIN_DENY_FORM},
		{TURN_CHALLENGE, {challenge, sizeof(challenge)}, E_JOIN_CHALLENGE_FORM},
		{TURN_CHALLENGE, {ack, sizeof(ack)}, E_JOIN_GRANT_DUE},
		{TURN_GRANT, {hello, sizeof(hello)}, E_JOIN_GRANT_DUE},
		{TURN_GRANT, {challenge, sizeof(challenge)}, E_JOIN_GRANT_DUE},
		{TURN_GRANT, {grant, sizeof(grant)}, E_JOIN_GRANT_FORM},
		{TURN_ACK, {long_ack, sizeof(long_ack)}, E_JOIN_ACK_FORM},
		{TURN_ACK, {grant, sizeof(grant)}, E_JOIN_ACK_DUE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct script s = {.key = 1,
			.generation = 12,
			.challenge = true,
			.at = cases[i].at,
			.fault = FAULT_BYTES,
			.bytes = cases[i].bytes};

		uint16_t code = round_with(&s);

		CHECK(code == cases[i].code);
		if (code != cases[i].code)
			printf("    case %zu: E%u\n", i, code);
	}
}

static void test_grants_for_others(void)
{
	struct script s = {.key = 1, .generation = 12, .fault = FAULT_NONCE};

	CHECK(round_with(&s) == E_AEAD_TAG && fakes.opens == 0);
	s.fault = FAULT_AAD;
	CHECK(round_with(&s) == E_AEAD_TAG && fakes.opens == 0);
	s.fault = FAULT_SECRETS;
	CHECK(round_with(&s) == E_JOIN_SECRETS_FORM && fakes.opens == 0);
	s.fault = FAULT_NEXT;
	CHECK(round_with(&s) == E_JOIN_SECRETS_FORM && fakes.opens == 0);
	s.rotate = true;
	CHECK(round_with(&s) == E_JOIN_SECRETS_FORM && fakes.opens == 0);
}

static void test_deny_at_every_turn(void)
{
	for (enum turn at = TURN_HELLO; at <= TURN_ACK; at++) {
		const struct script s = {.key = 1,
			.generation = 12,
			.challenge = true,
			.at = at,
			.fault = FAULT_DENY,
			.amount = 613};

		CHECK(round_with(&s) == 613);
	}
}

static void test_failure_of_the_disk_is_told(void)
{
	const struct script s = {.key = 1, .generation = 12};
	uint32_t retry;
	pid_t pid;

	fresh_boot();
	fakes.disk_fails = 531;
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(one_round(&retry).code == 531 && told() == 531);
	CHECK(service_report()->commit.action == 0);
	service_stop(pid);
}

static void test_failure_of_the_activation_is_told(void)
{
	const struct script s = {.key = 1, .generation = 12, .challenge = true};
	uint32_t retry;
	pid_t pid;

	fresh_boot();
	fakes.activate_fails = E_TPM_ACTIVATE;
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(one_round(&retry).code == E_TPM_ACTIVATE && told() == E_TPM_ACTIVATE);
	service_stop(pid);
}

static void test_stage_mounts_after_ack_only(void)
{
	struct script s = {.key = 1, .generation = 12};
	pid_t pid;

	fresh_boot();
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(!failed(stage_join(&boot)));
	CHECK(fakes.mounts == 1 && fakes.disk_open);
	service_stop(pid);
	s.at = TURN_ACK;
	s.fault = FAULT_DENY;
	s.amount = 616;
	fresh_boot();
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(stage_join(&boot).code == 616);
	CHECK(fakes.mounts == 0 && !fakes.disk_open);
	service_stop(pid);
}

static void test_stage_tries_again(void)
{
	static const struct script faults[] = {
		{.key = 1, .generation = 12, .cut_wire = 300, .faulty = 2},
		{.key = 1, .generation = 12, .at = TURN_ACK, .fault = FAULT_CLOSE, .faulty = 1},
		{.key = 1,
			.generation = 12,
			.at = TURN_GRANT,
			.fault = FAULT_DENY,
			.amount = 602,
			.retry_after_ms = 700,
			.faulty = 1},
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		uint64_t before = clock_ms();
		pid_t pid;

		fresh_boot();
		pid = service_start(&faults[i], &boot.config.services[0]);
		CHECK(!failed(stage_join(&boot)));
		CHECK(service_report()->connections == faults[i].faulty + 1);
		CHECK(fakes.mounts == 1 && fakes.disk_open);
		CHECK(clock_ms() - before >= faults[i].retry_after_ms);
		service_stop(pid);
	}
}

/* What the console says of a try that failed without more to say ends with no empty brackets. */
static void test_stage_says_why_it_tries_again(void)
{
	const struct script s = {
		.key = 1, .generation = 12, .at = TURN_ACK, .fault = FAULT_CLOSE, .faulty = 1};
	char said[4096] = "";
	int ends[2], before = dup(STDERR_FILENO);
	pid_t pid;

	fresh_boot();
	pid = service_start(&s, &boot.config.services[0]);
	REQUIRE(before >= 0 && pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	CHECK(!failed(stage_join(&boot)));
	(void)dup2(before, STDERR_FILENO);
	CHECK(read(ends[0], said, sizeof(said) - 1) > 0);
	CHECK(strstr(said, "protostar: retry E499 phase=join the join service closed the "
			   "connection before its turn was over in "));
	CHECK(!strstr(said, "()"));
	for (int i = 0; i < 2; i++)
		close(ends[i]);
	close(before);
	service_stop(pid);
}

static void test_stage_gives_up_at_its_deadline(void)
{
	const struct script s = {.key = 1, .at = TURN_HELLO, .fault = FAULT_CLOSE};
	uint16_t code;
	pid_t pid;

	fresh_boot();
	boot.config.join_timeout_s = 4;
	pid = service_start(&s, &boot.config.services[0]);
	code = stage_join(&boot).code;
	/* On a slow machine the deadline may fall into an attempt, not into the wait after it. */
	CHECK(code == E_JOIN_CLOSED || code == E_JOIN_MESSAGE_TIMEOUT);
	CHECK(service_report()->connections >= 2 && fakes.mounts == 0);
	service_stop(pid);
}

/* The deadline falls into a round that has no answer: the reason is that of the round before. */
static void test_stage_keeps_its_reason_at_the_deadline(void)
{
	const struct script s = {
		.key = 1, .at = TURN_HELLO, .fault = FAULT_CLOSE, .silent_from = 2};
	pid_t pid;

	fresh_boot();
	boot.config.join_timeout_s = 4;
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(stage_join(&boot).code == E_JOIN_CLOSED);
	CHECK(service_report()->connections == 2);
	service_stop(pid);
}

static void test_final_answers_end_at_once(void)
{
	struct script s = {.key = 1, .at = TURN_HELLO, .fault = FAULT_DENY, .amount = 608};
	pid_t pid;

	fresh_boot();
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(stage_join(&boot).code == 608);
	CHECK(service_report()->connections == 1);
	service_stop(pid);
	fresh_boot();
	fakes.disk_fails = 531;
	s.fault = FAULT_NONE;
	s.generation = 12;
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(stage_join(&boot).code == 531);
	CHECK(service_report()->connections == 1);
	service_stop(pid);
}

static void test_wrong_service_key(void)
{
	const struct script s = {.key = 2};
	pid_t pid;

	fresh_boot();
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(stage_join(&boot).code == E_TLS_PIN);
	CHECK(service_report()->connections == 1 && !service_report()->evidence);
	service_stop(pid);
}

static void test_next_pin(void)
{
	const struct script s = {.key = 2, .generation = 1};
	pid_t pid;

	fresh_boot();
	boot.config.pin_count = 2;
	service_pin(2, boot.config.pins[1]);
	pid = service_start(&s, &boot.config.services[0]);
	CHECK(!failed(stage_join(&boot)));
	service_stop(pid);
}

/* A wrong key, a port nobody listens on, silence, and one that works: the last is found. */
static void test_race_finds_the_one_that_works(void)
{
	const struct script wrong = {.key = 2}, good = {.key = 1, .generation = 5};
	const struct script silent = {.key = 1, .fault = FAULT_STALL};
	struct sockaddr_in6 address[4];
	pid_t pids[4];

	fresh_boot();
	boot.config.join_timeout_s = 5; /* the silent one alone may take ten */
	pids[0] = service_start(&wrong, &address[0]);
	pids[1] = service_start(&silent, &address[1]);
	pids[2] = service_start(&good, &address[2]);
	pids[3] = service_start(&good, &address[3]);
	service_stop(pids[3]);
	memcpy(boot.config.services, address, sizeof(address));
	boot.config.service_count = 4;
	CHECK(!failed(stage_join(&boot)));
	for (int i = 0; i < 3; i++)
		service_stop(pids[i]);
}

/* Unreachable endpoints beside a wrong key are waited for: they may be the right one. */
static void test_wrong_key_beside_unreachable(void)
{
	const struct script wrong = {.key = 2};
	struct sockaddr_in6 address[2];
	pid_t pids[2];

	fresh_boot();
	boot.config.join_timeout_s = 1;
	pids[0] = service_start(&wrong, &address[0]);
	pids[1] = service_start(&wrong, &address[1]);
	service_stop(pids[1]);
	memcpy(boot.config.services, address, sizeof(address));
	boot.config.service_count = 2;
	CHECK(failed(stage_join(&boot)));
	CHECK(service_report()->connections >= 2);
	service_stop(pids[0]);
}

/* Each in a process of its own, so that the deadlines of ten seconds pass together. */
static void test_silence_ends_at_the_deadlines(void)
{
	static const struct {
		enum turn at;
		uint16_t code;
	} cases[] = {{TURN_NONE, E_JOIN_HANDSHAKE_TIMEOUT}, {TURN_HELLO, E_JOIN_MESSAGE_TIMEOUT},
		{TURN_GRANT, E_JOIN_MESSAGE_TIMEOUT}, {TURN_ACK, E_JOIN_MESSAGE_TIMEOUT}};
	enum { CASES = sizeof(cases) / sizeof(cases[0]) };
	pid_t pids[CASES];
	int status;

	for (int i = 0; i < CASES; i++) {
		fflush(stdout);
		pids[i] = fork();
		if (pids[i] == 0) {
			struct script s = {.key = 1,
				.generation = 12,
				.at = cases[i].at,
				.fault = FAULT_STALL};
			uint64_t before = clock_ms();

			secret_pool_close();
			if (failed(secret_pool_open(1u << 18)) || failed(random_open()))
				_exit(2);
			if (round_with(&s) != cases[i].code)
				_exit(3);
			_exit(clock_ms() - before > 9000 ? 0 : 4);
		}
	}
	for (int i = 0; i < CASES; i++) {
		CHECK(waitpid(pids[i], &status, 0) == pids[i]);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

int main(void)
{
	if (failed(secret_pool_open(1u << 18)) || failed(random_open()))
		return 1;
	RUN(test_event_log_read);
	RUN(test_event_log_changes);
	RUN(test_open);
	RUN(test_service_evidence_missing);
	RUN(test_format);
	RUN(test_format_only_what_is_blank);
	RUN(test_rotate);
	RUN(test_rotation_is_ended);
	RUN(test_rotation_needs_each_ack);
	RUN(test_failure_to_rotate_is_told);
	RUN(test_cut_at_every_byte_of_the_wire);
	RUN(test_hello_in_records);
	RUN(test_messages_cut_and_closed_in_order);
	RUN(test_bytes_in_place_of_messages);
	RUN(test_grants_for_others);
	RUN(test_deny_at_every_turn);
	RUN(test_failure_of_the_disk_is_told);
	RUN(test_failure_of_the_activation_is_told);
	RUN(test_stage_mounts_after_ack_only);
	RUN(test_stage_tries_again);
	RUN(test_stage_says_why_it_tries_again);
	RUN(test_stage_gives_up_at_its_deadline);
	RUN(test_stage_keeps_its_reason_at_the_deadline);
	RUN(test_final_answers_end_at_once);
	RUN(test_wrong_service_key);
	RUN(test_next_pin);
	RUN(test_race_finds_the_one_that_works);
	RUN(test_wrong_key_beside_unreachable);
	RUN(test_silence_ends_at_the_deadlines);
	secret_pool_close();
	return test_summary();
}
