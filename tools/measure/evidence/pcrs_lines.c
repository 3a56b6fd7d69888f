/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCR values as lines of text, as other programs print them for people. */
#include <ctype.h>
#include <string.h>
#include "tools/lib/hex.h"
#include "tools/measure/evidence/evidence.h"

#define BLANKS " \t\r"
#define FORMS                                                                        \
	"it takes what tpm2_pcrread, tpm2_quote, tpm2_eventlog and systemd-analyze " \
	"pcrs print, and lines such as \"4 HEX\""

/* A text, as far as it has been read. */
struct listing {
	const char *text;
	size_t len, pos;
	uint64_t number; /* of the line that is read next */
	enum bank bank;	 /* of the values that follow; BANK_COUNT: their length tells it */
	bool table;	 /* they stand behind their PCRs' names */
	bool other;	 /* they are of a bank that is not known here */
};

/* One line of it, without blanks at its ends. */
struct line {
	const char *at;
	size_t left;
};

static bool skip(struct line *line, const char *set)
{
	size_t before = line->left;

	while (line->left && *line->at && strchr(set, *line->at)) {
		line->at++;
		line->left--;
	}
	return line->left != before;
}

static bool skip_text(struct line *line, const char *text)
{
	size_t len = strlen(text);

	if (line->left < len || memcmp(line->at, text, len) != 0)
		return false;
	line->at += len;
	line->left -= len;
	return true;
}

/* Up to the next blank. */
static struct line take_word(struct line *line)
{
	struct line word = {line->at, 0};

	while (line->left && !strchr(BLANKS, *line->at)) {
		line->at++;
		line->left--;
		word.left++;
	}
	skip(line, BLANKS);
	return word;
}

static bool is_word(const struct line *word, const char *text)
{
	return word->left == strlen(text) && strncasecmp(word->at, text, word->left) == 0;
}

static bool bank_of_word(const struct line *word, enum bank *out)
{
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (is_word(word, bank_name((enum bank)bank))) {
			*out = (enum bank)bank;
			return true;
		}
	}
	return false;
}

static bool take_number(struct line *line, unsigned *out)
{
	unsigned digits = 0;

	for (*out = 0; line->left && *line->at >= '0' && *line->at <= '9' && digits < 3; digits++) {
		*out = 10 * *out + (unsigned)(*line->at - '0');
		line->at++;
		line->left--;
	}
	return digits > 0;
}

/* "sha256:" begins the values of a bank; TPMs have banks that are not known here. */
static bool take_bank(struct listing *in, const struct line *line)
{
	static const char *const others[] = {"sm3_256", "sha3_256", "sha3_384", "sha3_512"};
	struct line name = *line;
	enum bank bank = BANK_COUNT;
	bool other = false;

	if (!name.left || name.at[name.left - 1] != ':')
		return false;
	name.left--;
	while (name.left && strchr(BLANKS, name.at[name.left - 1]))
		name.left--;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		other = other || is_word(&name, others[i]);
	if (!other && !bank_of_word(&name, &bank))
		return false;
	in->bank = bank;
	in->other = other;
	in->table = false;
	return true;
}

/* "NR NAME SHA256" heads the table of systemd-analyze pcrs, "PCR sha256" that of replay. */
static bool take_heading(struct listing *in, struct line line)
{
	struct line first = take_word(&line), name = {0}, bank = take_word(&line);
	bool named = is_word(&first, "nr");

	if (named) {
		name = bank;
		bank = take_word(&line);
	}
	if ((named ? !is_word(&name, "name") : !is_word(&first, "pcr")) || line.left ||
		!bank_of_word(&bank, &in->bank))
		return false;
	in->table = named;
	in->other = false;
	return true;
}

/* "0xHEX", "HEX" or, of a bank that is named, "sha256=HEX". */
static const char *take_digest(
	const struct listing *in, struct line value, unsigned pcr, struct register_values *values)
{
	uint8_t digest[BANK_DIGEST_MAX];
	enum bank bank = in->bank, told;

	for (unsigned b = 0; bank == BANK_COUNT && b < BANK_COUNT; b++) {
		struct line rest = value;

		if (skip_text(&rest, bank_name((enum bank)b)) && skip_text(&rest, "=")) {
			bank = (enum bank)b;
			value = rest;
		}
	}
	if (!skip_text(&value, "0x"))
		skip_text(&value, "0X");
	if (value.left % 2 || !evidence_bank_of_len(value.left / 2, &told))
		return "a value has no digest's length";
	if (bank != BANK_COUNT && bank != told)
		return "a value has not the length of its bank's digests";
	if (!hex_decode_text(value.at, value.left, digest, value.left / 2))
		return "a value is not hexadecimal";
	return evidence_value(values, told, pcr, digest) ? NULL : "a PCR has two values";
}

/* "@@PCR 4 HEX", "4 HEX", "4 : 0xHEX", "pcr-4: HEX", "11:sha256=HEX", "4 boot-loader-code HEX". */
static const char *take_value(
	const struct listing *in, struct line line, struct register_values *values)
{
	unsigned pcr;

	skip_text(&line, "@@");
	if (skip_text(&line, "PCR") || skip_text(&line, "pcr"))
		skip(&line, " -");
	if (!take_number(&line, &pcr) || !skip(&line, " \t:="))
		return "a line has no PCR number and value: " FORMS;
	if (pcr >= BOOT_PCRS)
		return "a line names a PCR that does not exist";
	if (in->other)
		return NULL;
	if (in->table)
		take_word(&line);
	return take_digest(in, line, pcr, values);
}

static struct line next_line(struct listing *in)
{
	const char *at = in->text + in->pos, *end = memchr(at, '\n', in->len - in->pos);
	struct line line = {at, end ? (size_t)(end - at) : in->len - in->pos};

	in->pos += line.left + 1;
	in->number++;
	skip(&line, BLANKS);
	while (line.left && strchr(BLANKS, line.at[line.left - 1]))
		line.left--;
	return line;
}

/*
 * tpm2_eventlog shows a log's events, whose texts are the machine's own, and below them the values;
 * tpm2_quote and tpm2_checkquote have them between what else they print. False: there are none.
 */
static bool find_values(struct listing *in)
{
	struct listing at = *in, found = {0};
	struct line line = next_line(&at);
	bool quote = line.left > 7 && memcmp(line.at, "quoted:", 7) == 0;

	if (!is_word(&line, "---") && !quote && !is_word(&line, "pcrs:"))
		return true;
	for (at = *in; at.pos < at.len;) {
		size_t start = at.pos;

		line = next_line(&at);
		if (is_word(&line, "pcrs:") && line.at == at.text + start)
			found = at;
	}
	if (found.text)
		*in = found;
	return found.text != NULL;
}

/* What tpm2_quote and tpm2_checkquote print below the values. */
static bool is_past_values(struct line line)
{
	return skip_text(&line, "calcDigest:") || skip_text(&line, "sig:");
}

bool evidence_pcrs_lines(
	const uint8_t *text, size_t len, struct register_values *values, struct flaw *flaw)
{
	struct listing in = {(const char *)text, len, 0, 1, BANK_COUNT, false, false};

	*values = (struct register_values){0};
	if (len && !find_values(&in))
		return flaw_at(flaw, len, "the listing has no values of PCRs (pcrs:) at its end");
	while (in.pos < len) {
		size_t start = in.pos;
		struct line line = next_line(&in);
		const char *problem = NULL;

		if (values->banks && is_past_values(line))
			break;
		if (line.left && *line.at != '#' && !take_bank(&in, &line) &&
			!take_heading(&in, line))
			problem = take_value(&in, line, values);
		if (problem)
			return flaw_in_part(flaw, start, "line", in.number - 1, problem);
	}
	return values->banks || flaw_at(flaw, len, "there is no PCR value in it: " FORMS);
}
