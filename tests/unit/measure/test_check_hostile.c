/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logs that were cut, changed or do not belong to the PCR values beside them; values alone. */
#include "tests/mock/golden_boot.h"
#include "tests/unit/test.h"
#include "tools/lib/report.h"
#include "tools/measure/check/check.h"

#include <stdlib.h>

static const char *folder;

struct setting {
	struct boot boot;
	struct evidence evidence;
	uint8_t *bytes; /* of the log */
	size_t len;
	char path[4096];
};

static bool set_up(struct setting *s, const char *name)
{
	const struct golden g = {folder, name, 252, false, NULL, NULL, 0};
	struct mapped file;

	memset(s, 0, sizeof(*s));
	golden_boot(&g, &s->boot);
	snprintf(s->path, sizeof(s->path), "%s/%s.pcrs", folder, name);
	if (!evidence_pcrs_open(&s->evidence, s->path))
		return false;
	snprintf(s->path, sizeof(s->path), "%s/%s.evlog", folder, name);
	if (!file_map(s->path, &file))
		return false;
	s->bytes = malloc(file.len);
	s->len = file.len;
	s->evidence.log_path = s->path;
	if (s->bytes)
		memcpy(s->bytes, file.data, file.len);
	file_unmap(&file);
	return s->bytes != NULL;
}

static void tear_down(struct setting *s)
{
	boot_free(&s->boot);
	evidence_free(&s->evidence);
	free(s->bytes);
}

/* False: the log is refused. */
static bool run(struct setting *s, const uint8_t *bytes, size_t len, struct check *out)
{
	struct check_request *request = calloc(1, sizeof(*request));
	struct flaw flaw = {0};

	evidence_log_free(&s->evidence.log);
	if (!request || !evidence_log_read(&s->evidence.log, bytes, len, false, &flaw)) {
		CHECK(flaw.reason != NULL && flaw.offset <= len);
		free(request);
		return false;
	}
	request->boot = &s->boot;
	request->evidence = &s->evidence;
	if (check_run(request, out))
		return true;
	free(request);
	return false;
}

static void end(struct check *c)
{
	const struct check_request *request = c->request;

	check_free(c);
	free((void *)(uintptr_t)request);
}

static bool fit_for_a_terminal(const char *text)
{
	for (; text && *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

static bool all_fit(const struct check *c)
{
	bool fit = true;

	for (size_t i = 0; i < c->divergence_count; i++)
		fit &= fit_for_a_terminal(c->divergences[i].evidence) &&
		       strlen(c->divergences[i].evidence) < 16384;
	return fit;
}

/* Cut anywhere: refused in its header, else found out to be a shorter log. */
static void test_cut_at_every_byte(void)
{
	struct setting s;
	unsigned refused = 0, truncated = 0;

	REQUIRE(set_up(&s, "o252"));
	for (size_t cut = 0; cut < s.len; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);
		struct check c;

		REQUIRE(copy != NULL);
		memcpy(copy, s.bytes, cut);
		if (!run(&s, copy, cut, &c)) {
			refused++;
		} else {
			bool told = false;

			for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
				told |= c.registers[pcr].binding_text &&
					strstr(c.registers[pcr].binding_text, "truncated");
			truncated += told;
			CHECK(!c.same && c.broken);
			CHECK(c.registers[4].state == CHECK_SAME); /* the value is the TPM's */
			CHECK(all_fit(&c));
			end(&c);
		}
		free(copy);
	}
	CHECK(refused > 100 && refused < 400); /* in the header and the first event */
	CHECK(truncated > 5000);
	tear_down(&s);
}

static bool is_missing(const struct divergence *d)
{
	return d->counts && d->expected_count && !d->logged_count;
}

/* The first event that is missing is named first, whatever its register: a log that is cut misses
 * all from there on. */
static void test_cut_names_the_first(void)
{
	struct setting s;
	unsigned cut_logs = 0;
	bool application = false;

	REQUIRE(set_up(&s, "o252"));
	s.evidence.has_values = false;
	for (size_t cut = 0; cut < s.len; cut += 16) {
		const struct divergence *d;
		struct check c;

		if (!run(&s, s.bytes, cut, &c))
			continue;
		d = c.divergences;
		for (size_t i = 1; i < c.divergence_count && is_missing(&d[i]); i++) {
			CHECK(is_missing(&d[0]) && d[0].expected[0] < d[i].expected[0]);
			cut_logs += i == 1;
		}
		if (c.divergence_count && is_missing(&d[0]))
			application |= d[0].expected[0]->rule == RULE_APPLICATION;
		end(&c);
	}
	CHECK(cut_logs > 50 && application);
	tear_down(&s);
}

static void test_flipped_bits(void)
{
	struct setting s;
	unsigned refused = 0, unsame = 0, ran = 0;

	REQUIRE(set_up(&s, "o252"));
	for (size_t bit = 0; bit < 8 * s.len; bit += 41) {
		struct check c;

		s.bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		if (!run(&s, s.bytes, s.len, &c)) {
			refused++;
		} else {
			ran++;
			unsame += !c.same;
			CHECK(all_fit(&c));
			end(&c);
		}
		s.bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	CHECK(refused > 50);
	CHECK(unsame > 100);
	CHECK(ran > unsame); /* event texts and other banks prove nothing */
	tear_down(&s);
}

/* The golden log after which the values were read, and one event more or less of PCR 4. */
static void test_log_and_values_apart(void)
{
	struct setting s, other;
	struct check c;

	REQUIRE(set_up(&s, "o252") && set_up(&other, "m4"));
	REQUIRE(run(&s, s.bytes, s.len, &c));
	CHECK(c.same && !c.broken);
	end(&c);
	REQUIRE(run(&s, other.bytes, other.len, &c));
	CHECK(!c.same && c.broken && !c.differing);
	CHECK(c.registers[4].binding == BINDING_BROKEN);
	CHECK(c.registers[4].binding_text != NULL);
	CHECK(c.registers[2].binding == BINDING_HOLDS);
	end(&c);
	tear_down(&s);
	tear_down(&other);
}

/* The start of the event that has this digest: PCR, type, count and 3 bytes of algorithms before.
 */
static size_t event_with(const struct setting *s, const uint8_t *digest)
{
	const uint8_t *at = memmem(s->bytes, s->len, digest, 32);

	return at ? (size_t)(at - s->bytes) - 2 - 20 - 2 - 12 : 0;
}

static size_t event_len(const uint8_t *event)
{
	size_t digests = 12 + 2 + 20 + 2 + 32 + 2 + 48 + 2 + 64;

	return digests + 4 + le32(event + digests);
}

static void test_one_event_missing_or_too_much(void)
{
	struct setting s;
	struct check c;
	size_t at, len;
	uint8_t *changed;

	REQUIRE(set_up(&s, "o252"));
	REQUIRE(s.boot.count > 3 && s.boot.events[2].rule == RULE_APPLICATION);
	at = event_with(&s, s.boot.events[2].digest[BANK_SHA256]);
	len = event_len(s.bytes + at);
	changed = malloc(s.len + len);
	REQUIRE(at && changed);
	memcpy(changed, s.bytes, at);
	memcpy(changed + at, s.bytes + at + len, s.len - at - len);
	REQUIRE(run(&s, changed, s.len - len, &c));
	CHECK(!c.same && c.registers[4].binding == BINDING_BROKEN);
	CHECK(strstr(c.registers[4].binding_text, "proved: the log lacks one predicted event"));
	end(&c);
	memcpy(changed, s.bytes, at + len);
	memcpy(changed + at + len, s.bytes + at, s.len - at);
	REQUIRE(run(&s, changed, s.len + len, &c));
	CHECK(!c.same && c.registers[4].binding == BINDING_BROKEN);
	CHECK(strstr(c.registers[4].binding_text, "proved: the TPM never saw 1 events"));
	end(&c);
	free(changed);
	tear_down(&s);
}

static void test_large_claims(void)
{
	struct setting s;
	struct check c;

	REQUIRE(set_up(&s, "o252"));
	memcpy(s.bytes + 28, "\0\0\0\x40", 4); /* the header's length: 1 GiB */
	CHECK(!run(&s, s.bytes, s.len, &c));
	memcpy(s.bytes + 28, "\xff\xff\xff\xff", 4);
	CHECK(!run(&s, s.bytes, s.len, &c));
	CHECK(!run(&s, s.bytes, 1024, &c));
	tear_down(&s);
}

static struct check_request values_only(struct setting *s)
{
	s->evidence.log_path = NULL;
	return (struct check_request){.boot = &s->boot, .evidence = &s->evidence};
}

static const char *only_cause(const struct check *c, unsigned reg)
{
	for (size_t i = 0; i < c->divergence_count; i++)
		if (c->divergences[i].reg == reg)
			return c->divergences[i].cause;
	return "";
}

static void extend_text(struct setting *s, unsigned pcr, const char *text)
{
	uint8_t digest[32];

	bank_hash(BANK_SHA256, text, strlen(text), digest);
	bank_extend(BANK_SHA256, s->evidence.values.pcr[BANK_SHA256][pcr], digest);
}

/* Without a log the value itself has to show the cause. */
static void test_causes_of_values(void)
{
	struct setting s;
	struct check c;
	struct check_request request;
	struct boot_values before;
	size_t kernel;

	REQUIRE(set_up(&s, "o252"));
	request = values_only(&s);
	REQUIRE(check_run(&request, &c));
	CHECK(c.same && c.known == 5);
	check_free(&c);
	extend_text(&s, 11, "enter-initrd");
	extend_text(&s, 12, "something");
	for (kernel = 0; s.boot.events[kernel].rule != RULE_KERNEL_IMAGE;)
		kernel++;
	s.boot.events[kernel].pcr = 14; /* the TPM's PCR 4 without the kernel */
	boot_replay(&s.boot, BANK_SHA256, &before);
	s.boot.events[kernel].pcr = 4;
	memcpy(s.evidence.values.pcr[BANK_SHA256][4], before.pcr[4], 32);
	memset(s.evidence.values.pcr[BANK_SHA256][9], 0, 32);
	REQUIRE(check_run(&request, &c));
	CHECK(c.differing == 4 && !c.same);
	CHECK(strcmp(only_cause(&c, 4), "read-early") == 0);
	CHECK(strcmp(only_cause(&c, 9), "read-early") == 0);
	CHECK(strcmp(only_cause(&c, 11), "boot-phase") == 0);
	CHECK(strcmp(only_cause(&c, 12), "command-line-overridden") == 0);
	check_free(&c);
	tear_down(&s);
}

/* A system that runs: what it measured behind the log is known, and said. */
static void test_separated_system(void)
{
	static const unsigned separated[] = {2, 3, 4, 6, 9, 12, 13, 14};
	struct setting s;
	struct check c;
	struct check_request request;

	REQUIRE(set_up(&s, "o252"));
	for (size_t i = 0; i < sizeof(separated) / sizeof(separated[0]); i++)
		extend_text(&s, separated[i], "os-separator");
	extend_text(&s, 15, "os-separator"); /* no systemd does */
	REQUIRE(run(&s, s.bytes, s.len, &c));
	CHECK(c.registers[4].binding == BINDING_LATER && c.registers[9].binding == BINDING_LATER);
	CHECK(strstr(c.registers[4].binding_text, "proved: the word os-separator was measured"));
	CHECK(c.registers[4].state == CHECK_DIFFERS && !c.same);
	end(&c);
	request = values_only(&s);
	REQUIRE(check_run(&request, &c));
	CHECK(!c.same && strcmp(only_cause(&c, 4), "os-separator") == 0);
	CHECK(strcmp(only_cause(&c, 12), "os-separator") == 0);
	CHECK(strcmp(only_cause(&c, 15), "os-separator") != 0);
	check_free(&c);
	tear_down(&s);
}

/* Values that the machine keeps to itself, and registers that were asked for in vain. */
static void test_values_left_out(void)
{
	struct setting s;
	struct check c;
	struct check_request request;

	REQUIRE(set_up(&s, "o252"));
	request = values_only(&s);
	request.only = 1u << 4 | 1u << 11;
	REQUIRE(check_run(&request, &c));
	CHECK(c.same && c.known == 2 && !c.unmet);
	check_free(&c);
	s.evidence.values.known[BANK_SHA256] &= ~(1u << 4);
	REQUIRE(check_run(&request, &c));
	CHECK(!c.same && !c.differing && c.unmet == 1u << 4);
	check_free(&c);
	request.only = 0;
	REQUIRE(check_run(&request, &c));
	CHECK(!c.same && !c.differing && c.unmet == 1u << 4);
	check_free(&c);
	request.only = 1u << 7 | 1u << 11; /* 7 is not predicted here */
	REQUIRE(check_run(&request, &c));
	CHECK(!c.same && !c.differing && c.unmet == 1u << 7);
	check_free(&c);
	tear_down(&s);
}

static void test_boot_attempts_of_values(void)
{
	struct setting s;
	struct check c;
	struct check_request request;
	uint8_t *value;

	REQUIRE(set_up(&s, "o252"));
	request = values_only(&s);
	value = s.evidence.values.pcr[BANK_SHA256][4];
	memset(value, 0, 32);
	extend_text(&s, 4, "Calling EFI Application from Boot Option");
	for (size_t i = 1; i < s.boot.count; i++) {
		if (s.boot.events[i].pcr != 4)
			continue;
		if (s.boot.events[i].rule == RULE_APPLICATION) {
			extend_text(&s, 4, "Returning from EFI Application from Boot Option");
			extend_text(&s, 4, "Calling EFI Application from Boot Option");
		}
		bank_extend(BANK_SHA256, value, s.boot.events[i].digest[BANK_SHA256]);
	}
	REQUIRE(check_run(&request, &c));
	CHECK(strcmp(only_cause(&c, 4), "extra-boot-attempt") == 0);
	CHECK(c.divergences[0].certainty == CERTAINTY_PROVED);
	check_free(&c);
	tear_down(&s);
}

/* A section or an initrd of known bytes, measured with other zeros at its end. */
static void test_padding(void)
{
	static const uint8_t data[] = "an initrd\0\0\0";
	static const uint8_t longer[512] = "an initrd", shorter[] = "an initrd";
	struct setting s;
	struct check c;
	uint8_t *at;

	REQUIRE(set_up(&s, "o252"));
	REQUIRE(s.boot.events[s.boot.count - 1].rule == RULE_KERNEL_INITRD);
	REQUIRE(boot_piece(&s.boot, &s.boot.events[s.boot.count - 1],
		&(struct boot_piece){.data = data, .len = sizeof(data)}));
	at = memmem(s.bytes, s.len, s.boot.events[s.boot.count - 1].digest[BANK_SHA256], 32);
	at = memmem(at + 32, (size_t)(s.bytes + s.len - at) - 32,
		s.boot.events[s.boot.count - 1].digest[BANK_SHA256], 32); /* PCR 11's is first */
	REQUIRE(at != NULL);
	bank_hash(BANK_SHA256, data, sizeof(data),
		s.boot.events[s.boot.count - 1].digest[BANK_SHA256]);
	s.evidence.has_values = false;
	bank_hash(BANK_SHA256, longer, sizeof(longer), at);
	REQUIRE(run(&s, s.bytes, s.len, &c));
	CHECK(strcmp(only_cause(&c, 9), "initrd-padded") == 0);
	CHECK(strstr(c.divergences[0].evidence, "499 zero bytes more"));
	end(&c);
	bank_hash(BANK_SHA256, shorter, sizeof(shorter) - 1, at);
	REQUIRE(run(&s, s.bytes, s.len, &c));
	CHECK(strcmp(only_cause(&c, 9), "initrd-padded") == 0);
	CHECK(strstr(c.divergences[0].evidence, "4 zero bytes fewer"));
	end(&c);
	tear_down(&s);
}

int main(int argc, char **argv)
{
	folder = argc > 1 ? argv[1] : "tests/unit/data/eventlogs";
	report_silence();
	RUN(test_cut_at_every_byte);
	RUN(test_cut_names_the_first);
	RUN(test_flipped_bits);
	RUN(test_log_and_values_apart);
	RUN(test_one_event_missing_or_too_much);
	RUN(test_large_claims);
	RUN(test_causes_of_values);
	RUN(test_separated_system);
	RUN(test_values_left_out);
	RUN(test_boot_attempts_of_values);
	RUN(test_padding);
	return test_summary();
}
