/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two boots beside each other: what counts as a difference, how events line up, what is entered. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/measure/diff/diff.h"

#define SHA256 BANK_BIT(BANK_SHA256)
#define SHA384 BANK_BIT(BANK_SHA384)

static struct diff_side *new_side(const char *path)
{
	struct diff_side *side = calloc(1, sizeof(*side));

	if (!side)
		abort();
	side->path = path;
	boot_init(&side->boot);
	return side;
}

static void add(struct diff_side *side, unsigned pcr, enum boot_rule rule, const char *subject,
	const char *text)
{
	CHECK(boot_add_data(&side->boot, pcr, TCG_IPL, rule, subject, subject, text,
		      strlen(text)) != NULL);
}

static void finish(struct diff_side *side, unsigned banks)
{
	CHECK(boot_hash(&side->boot, banks));
	register_values_of(&side->boot, &side->values);
}

static void free_side(struct diff_side *side)
{
	boot_free(&side->boot);
	free(side);
}

/* "=a ~b +c": the rows of one PCR by state and subject; the caller frees it. */
static char *rows_of(const struct diff *d, unsigned pcr)
{
	static const char signs[] = "=~-+?";
	struct bytes out = {0};

	for (size_t i = 0; i < d->row_count; i++) {
		const struct boot_event *e = d->rows[i].a ? d->rows[i].a : d->rows[i].b;

		if (e->pcr == pcr)
			bytes_addf(&out, "%s%c%s", out.len ? " " : "", signs[d->rows[i].state],
				e->subject);
	}
	bytes_zeros(&out, 1);
	return (char *)out.data;
}

/* Each letter is an event of PCR 11: its lower-case form the subject, itself the contents. */
static void lines_up(const char *a, const char *b, const char *expected)
{
	struct diff_side *sides[2] = {new_side("a"), new_side("b")};
	const char *letters[2] = {a, b};
	struct diff d;
	char *rows;

	for (size_t i = 0; i < 2; i++) {
		for (const char *c = letters[i]; *c; c++) {
			char subject[2] = {(char)(*c | 0x20), 0}, text[2] = {*c, 0};

			add(sides[i], 11, RULE_SECTION_DATA,
				boot_text(&sides[i]->boot, "%s", subject), text);
		}
		finish(sides[i], SHA256);
	}
	REQUIRE(diff_sides(sides[0], sides[1], &d));
	rows = rows_of(&d, 11);
	if (strcmp(rows, expected) != 0)
		fprintf(stderr, "expected %s, got %s\n", expected, rows);
	CHECK(strcmp(rows, expected) == 0);
	CHECK(diff_is_same(&d, false) == (strcmp(a, b) == 0));
	CHECK((d.registers[11] == DIFF_SAME) == (strcmp(a, b) == 0));
	free(rows);
	diff_free(&d);
	free_side(sides[0]);
	free_side(sides[1]);
}

static void test_lines_up(void)
{
	lines_up("abc", "abc", "=a =b =c");
	lines_up("abc", "aBc", "=a ~b =c");
	lines_up("abcd", "axbcd", "=a +x =b =c =d");
	lines_up("axbcd", "abcd", "=a -x =b =c =d");
	lines_up("ab", "ba", "-a =b +a");
	/* Of two about the same thing the one that is the same is found. */
	lines_up("sS", "S", "-s =s");
	lines_up("S", "sS", "+s =s");
	/* One more at the start makes none behind it differ, though one has changed. */
	lines_up("abcdef", "xabCdef", "+x =a =b ~c =d =e =f");
	lines_up("abc", "xyz", "-a -b -c +x +y +z");
}

/* Files are named by people: an application lines up whatever its file's name. */
static void test_lines_up_applications(void)
{
	struct diff_side *a = new_side("a"), *b = new_side("b");
	struct diff d;
	char *rows;

	add(a, 4, RULE_CALLING, "", "calling");
	add(a, 4, RULE_APPLICATION, "old.efi", "one");
	add(b, 4, RULE_CALLING, "", "calling");
	add(b, 4, RULE_RETURNING, "", "returning");
	add(b, 4, RULE_CALLING, "", "calling");
	add(b, 4, RULE_APPLICATION, "new.efi", "two");
	finish(a, SHA256);
	finish(b, SHA256);
	REQUIRE(diff_sides(a, b, &d));
	rows = rows_of(&d, 4);
	CHECK(strcmp(rows, "+ + = ~old.efi") == 0 || strcmp(rows, "= + + ~old.efi") == 0);
	free(rows);
	diff_free(&d);
	free_side(a);
	free_side(b);
}

static void test_needs_a_bank(void)
{
	struct diff_side *a = new_side("a"), *b = new_side("b");
	struct diff d;

	add(a, 4, RULE_CALLING, "", "x");
	add(b, 4, RULE_CALLING, "", "x");
	finish(a, SHA256);
	finish(b, SHA384);
	CHECK(!diff_sides(a, b, &d));
	finish(b, SHA384 | SHA256);
	REQUIRE(diff_sides(a, b, &d));
	CHECK(d.banks == SHA256 && diff_is_same(&d, false));
	diff_free(&d);
	free_side(a);
	free_side(b);
}

/* A register that one does not know: between two images a difference, beside a file none. */
static void test_lone_registers(void)
{
	struct diff_side *a = new_side("a"), *b = new_side("b");
	struct diff d;

	add(a, 4, RULE_CALLING, "", "x");
	add(b, 4, RULE_CALLING, "", "x");
	boot_unknown(&b->boot, 7, "not given");
	finish(a, SHA256);
	finish(b, SHA256);
	REQUIRE(diff_sides(a, b, &d));
	CHECK(d.registers[7] == DIFF_ONLY_A && !diff_is_same(&d, true));
	CHECK(d.registers[4] == DIFF_SAME);
	diff_free(&d);
	b->is_file = true;
	REQUIRE(diff_sides(a, b, &d));
	CHECK(d.registers[7] == DIFF_NOT_KNOWN && diff_is_same(&d, false));
	diff_free(&d);
	a->is_file = true;
	REQUIRE(diff_sides(a, b, &d));
	CHECK(d.registers[7] == DIFF_ONLY_A);
	diff_free(&d);
	free_side(a);
	free_side(b);
}

static void test_confidential_registers(void)
{
	struct diff_side *a = new_side("a"), *b = new_side("b");
	struct diff d;

	finish(a, SHA256);
	finish(b, SHA256);
	a->boot.cc[BOOT_RTMR1].asked = b->boot.cc[BOOT_RTMR1].asked = true;
	REQUIRE(diff_sides(a, b, &d));
	CHECK(d.cc[BOOT_RTMR1] == DIFF_SAME && d.cc[BOOT_MRTD] == DIFF_NOT_KNOWN);
	diff_free(&d);
	b->boot.cc[BOOT_RTMR1].value[47] = 1;
	REQUIRE(diff_sides(a, b, &d));
	CHECK(d.cc[BOOT_RTMR1] == DIFF_CHANGED && !diff_is_same(&d, true));
	diff_free(&d);
	free_side(a);
	free_side(b);
}

static bool found(const struct diff *d, const char *line)
{
	struct bytes text = {0};
	bool there;

	findings_text(&d->findings, "", false, &text);
	bytes_zeros(&text, 1);
	there = strcmp((char *)text.data, line) == 0;
	if (!there)
		fprintf(stderr, "expected:\n%sgot:\n%s", line, (char *)text.data);
	bytes_free(&text);
	return there;
}

static void add_wide(struct diff_side *side, const char *text)
{
	struct bytes wide = {0};

	for (const char *c = text;; c++) {
		bytes_add(&wide, (const char[2]){*c, 0}, 2);
		if (!*c)
			break;
	}
	CHECK(boot_add_data(&side->boot, 12, TCG_IPL, RULE_STUB_CMDLINE, "cmdline", "cmdline",
		      wide.data, wide.len) != NULL);
	bytes_free(&wide);
}

static void test_enters_command_lines(void)
{
	struct diff_side *a = new_side("a"), *b = new_side("b");
	struct diff d;

	add_wide(a, "a=1 b");
	add_wide(b, "a=2 b");
	finish(a, SHA256);
	finish(b, SHA256);
	REQUIRE(diff_sides(a, b, &d));
	CHECK(found(&d, "~ cmdline / a: word: a=1 -> a=2\n"));
	diff_free(&d);
	free_side(a);
	free_side(b);
}

/* What a file shows of an event is entered only when it is what was hashed. */
static void test_believes_no_shown_bytes(void)
{
	struct diff_side *a = new_side("a"), *b = new_side("b");
	struct diff d;

	CHECK(boot_add_shown(&a->boot, 5, TCG_IPL, RULE_LOADER_CONFIG, "loader.conf", "x",
		      "timeout 3", 9) != NULL);
	CHECK(boot_add_shown(&b->boot, 5, TCG_IPL, RULE_LOADER_CONFIG, "loader.conf", "x",
		      "timeout 4", 9) != NULL);
	finish(a, SHA256);
	finish(b, SHA256);
	a->boot.events[0].piece_count = b->boot.events[0].piece_count = 0;
	REQUIRE(diff_sides(a, b, &d));
	CHECK(found(&d, "~ loader.conf: text: timeout 3 -> timeout 4\n"));
	diff_free(&d);
	b->boot.events[0].digest[BANK_SHA256][0] ^= 1;
	REQUIRE(diff_sides(a, b, &d));
	CHECK(d.rows[0].state == DIFF_CHANGED && d.findings.count == 0);
	diff_free(&d);
	free_side(a);
	free_side(b);
}

/* UEFI_VARIABLE_DATA of db with one SHA-256 hash, whose bytes are all the same. */
static void add_db(struct diff_side *side, uint8_t fill)
{
	uint8_t data[32 + 4 + 28 + 48] = {0};

	put_le64(data + 16, 2);
	put_le64(data + 24, 28 + 48);
	memcpy(data + 32, "d\0b\0", 4);
	guid_parse("c1c41626-504c-4092-aca9-41f936934328", data + 36);
	put_le32(data + 52, 28 + 48);
	put_le32(data + 60, 48);
	memset(data + 36 + 28 + 16, fill, 32);
	CHECK(boot_add_shown(&side->boot, 7, TCG_EFI_VARIABLE_DRIVER_CONFIG,
		      RULE_SECURE_BOOT_VARIABLE, "db", "db", data, sizeof(data)) != NULL);
}

static void test_enters_secure_boot_variables(void)
{
	struct diff_side *a = new_side("a"), *b = new_side("b");
	struct diff d;
	struct bytes text = {0};

	add_db(a, 0x11);
	add_db(b, 0x22);
	finish(a, SHA256);
	finish(b, SHA256);
	REQUIRE(diff_sides(a, b, &d));
	findings_text(&d.findings, "", false, &text);
	bytes_zeros(&text, 1);
	CHECK(d.findings.count == 2);
	CHECK(strstr((char *)text.data, "- db: entry: hash 1111111111"));
	CHECK(strstr((char *)text.data, "+ db: entry: hash 2222222222"));
	bytes_free(&text);
	diff_free(&d);
	free_side(a);
	free_side(b);
}

/* Text and JSON of a difference; nothing that could move a terminal's cursor. */
static void test_prints(void)
{
	struct diff_side *a = new_side("\033[2Ja"), *b = new_side("b");
	struct diff_style plain = {0}, coloured = {.colour = true, .all_events = true};
	struct bytes text = {0}, colour = {0}, json = {0};
	struct diff d;

	add(a, 11, RULE_SECTION_DATA, ".x\033[2J", "one");
	add(b, 11, RULE_SECTION_DATA, ".x\033[2J", "two");
	finish(a, SHA256);
	finish(b, SHA256);
	REQUIRE(diff_sides(a, b, &d));
	diff_text(&d, &plain, &text);
	diff_text(&d, &coloured, &colour);
	diff_json(&d, &plain, &json);
	bytes_zeros(&text, 1);
	bytes_zeros(&json, 1);
	CHECK(!strchr((char *)text.data, '\033') && !strchr((char *)json.data, '\033'));
	CHECK(strstr((char *)text.data, "changed  PCR 11"));
	CHECK(memchr(colour.data, '\033', colour.len) != NULL);
	CHECK(strstr((char *)text.data, "~ PCR 11  section-contents: .x\\x1b[2J\n"));
	CHECK(strstr((char *)json.data, "\"state\": \"changed\""));
	bytes_free(&text);
	bytes_free(&colour);
	bytes_free(&json);
	diff_free(&d);
	free_side(a);
	free_side(b);
}

int main(void)
{
	report_silence();
	RUN(test_lines_up);
	RUN(test_lines_up_applications);
	RUN(test_needs_a_bank);
	RUN(test_lone_registers);
	RUN(test_confidential_registers);
	RUN(test_enters_command_lines);
	RUN(test_believes_no_shown_bytes);
	RUN(test_enters_secure_boot_variables);
	RUN(test_prints);
	return test_summary();
}
