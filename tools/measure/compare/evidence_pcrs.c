/* PCR values as text lines, and as the folders in which the kernel shows them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/measure/compare/evidence.h"
#include "tools/measure/compare/evidence_json.h"
#include "tools/measure/compare/evidence_quote.h"

bool evidence_bank_of_len(size_t len, enum bank *out)
{
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (bank_len((enum bank)bank) == len) {
			*out = (enum bank)bank;
			return true;
		}
	}
	return false;
}

bool evidence_value(
	struct register_values *values, enum bank bank, unsigned pcr, const uint8_t *digest)
{
	if (values->known[bank] >> pcr & 1)
		return memcmp(values->pcr[bank][pcr], digest, bank_len(bank)) == 0;
	values->banks |= BANK_BIT(bank);
	values->known[bank] |= 1u << pcr;
	memcpy(values->pcr[bank][pcr], digest, bank_len(bank));
	return true;
}

/* One line of a text, and where it is. */
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

/* "sha256:" begins the values of a bank. */
static bool take_bank(const struct line *line, enum bank *bank)
{
	for (unsigned b = 0; b < BANK_COUNT; b++) {
		struct line rest = *line;

		if (skip_text(&rest, bank_name((enum bank)b)) && skip_text(&rest, ":") &&
			(skip(&rest, " \t\r"), rest.left == 0)) {
			*bank = (enum bank)b;
			return true;
		}
	}
	return false;
}

/* "@@PCR 4 HEX", "4 HEX", "4 : 0xHEX", "pcr-4: HEX". bank BANK_COUNT: the length tells it. */
static const char *take_value(struct line *line, enum bank bank, struct register_values *values)
{
	uint8_t digest[BANK_DIGEST_MAX];
	enum bank told;
	unsigned pcr;

	skip_text(line, "@@");
	if (skip_text(line, "PCR") || skip_text(line, "pcr"))
		skip(line, " -");
	if (!take_number(line, &pcr) || !skip(line, " \t:="))
		return "a line has no PCR number and value";
	if (pcr >= BOOT_PCRS)
		return "a line names a PCR that does not exist";
	if (!skip_text(line, "0x"))
		skip_text(line, "0X");
	while (line->left && strchr(" \t\r", line->at[line->left - 1]))
		line->left--;
	if (line->left % 2 || !evidence_bank_of_len(line->left / 2, &told))
		return "a value has no digest's length";
	if (bank != BANK_COUNT && bank != told)
		return "a value has not the length of its bank's digests";
	if (!hex_decode_text(line->at, line->left, digest, line->left / 2))
		return "a value is not hexadecimal";
	return evidence_value(values, told, pcr, digest) ? NULL : "a PCR has two values";
}

bool evidence_pcrs_lines(
	const uint8_t *text, size_t len, struct register_values *values, struct flaw *flaw)
{
	const char *at = (const char *)text;
	enum bank bank = BANK_COUNT;

	*values = (struct register_values){0};
	for (size_t pos = 0; pos < len;) {
		const char *end = memchr(at + pos, '\n', len - pos);
		size_t line_len = end ? (size_t)(end - at) - pos : len - pos;
		struct line line = {at + pos, line_len};
		const char *problem = NULL;

		skip(&line, " \t\r");
		if (line.left && *line.at != '#' && !take_bank(&line, &bank))
			problem = take_value(&line, bank, values);
		if (problem)
			return flaw_at(flaw, pos, problem);
		pos += line_len + 1;
	}
	return values->banks || flaw_at(flaw, len, "there is no PCR value in it");
}

/* A file of the kernel has no length that could be mapped: it is read. */
static bool read_text(const char *path, char *out, size_t room, size_t *len)
{
	struct stat st;
	FILE *f;
	bool good;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	f = fopen(path, "re");
	if (!f)
		return false;
	*len = fread(out, 1, room, f);
	good = !ferror(f) && *len < room;
	fclose(f);
	return good;
}

/* One folder "pcr-sha256" with files "0" to "23". */
static bool read_bank_folder(const char *path, struct register_values *values, bool *found)
{
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		char *name = must_format("%s/%u", path, pcr);
		uint8_t digest[BANK_DIGEST_MAX];
		char text[256];
		size_t len;
		enum bank bank;
		bool there = read_text(name, text, sizeof(text), &len);
		bool good = true;

		while (there && len && strchr(" \r\n", text[len - 1]))
			len--;
		if (there)
			good = len % 2 == 0 && evidence_bank_of_len(len / 2, &bank) &&
			       hex_decode_text(text, len, digest, len / 2) &&
			       evidence_value(values, bank, pcr, digest);
		*found |= there;
		if (!good)
			complain("%s: at byte 0x0: it holds no digest in hexadecimal", name);
		free(name);
		if (!good)
			return false;
	}
	return true;
}

static bool read_folder(const char *path, struct register_values *values)
{
	bool found = false, good = read_bank_folder(path, values, &found);

	for (unsigned bank = 0; good && bank < BANK_COUNT; bank++) {
		char *name = must_format("%s/pcr-%s", path, bank_name((enum bank)bank));

		good = read_bank_folder(name, values, &found);
		free(name);
	}
	if (good && !found)
		return complain("%s: there are no files 0 to 23 with PCR values in it", path);
	return good;
}

static bool read_file(const char *path, struct evidence *evidence)
{
	struct mapped file;
	struct flaw flaw = {0};
	size_t first = 0;
	bool good;

	if (!file_map(path, &file))
		return false;
	while (first < file.len && strchr(" \t\r\n", file.data[first]) && file.data[first])
		first++;
	if (file.len > EVIDENCE_FILE_MAX) {
		good = complain(
			"%s: at byte 0x%x: it is larger than 1 MiB", path, EVIDENCE_FILE_MAX);
	} else if (first < file.len && file.data[first] == '{') {
		good = evidence_pcrs_json(path, file.data, file.len, &evidence->values);
	} else if (quote_values_are(file.data, file.len)) {
		good = quote_read_values(evidence, file.data, file.len, &flaw) ||
		       flaw_complain(path, &flaw);
	} else {
		good = evidence_pcrs_lines(file.data, file.len, &evidence->values, &flaw) ||
		       flaw_complain(path, &flaw);
	}
	file_unmap(&file);
	return good;
}

bool evidence_pcrs_open(struct evidence *evidence, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return complain("%s: cannot be opened", path);
	evidence->values = (struct register_values){0};
	if (!(S_ISDIR(st.st_mode) ? read_folder(path, &evidence->values)
				  : read_file(path, evidence)))
		return false;
	evidence->has_values = true;
	return true;
}
