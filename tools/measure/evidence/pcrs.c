/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCR values in files of any form, and in the folders in which the kernel shows them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/measure/evidence/evidence.h"
#include "tools/measure/evidence/pcrs_json.h"
#include "tools/measure/evidence/quote.h"

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

/* A file of the kernel has no length that could be mapped: it is read. */
static bool read_text(const char *path, char *out, size_t capacity, size_t *len)
{
	struct stat st;
	FILE *f;
	bool good;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	f = fopen(path, "re");
	if (!f)
		return false;
	*len = fread(out, 1, capacity, f);
	good = !ferror(f) && *len < capacity;
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

static bool is_json(const struct mapped *file)
{
	size_t first = 0;

	while (first < file->len && strchr(" \t\r\n", file->data[first]) && file->data[first])
		first++;
	return first < file->len && (file->data[first] == '{' || file->data[first] == '[');
}

/* Text is read whatever it holds: its lines say what is wrong. */
static bool is_binary(const struct mapped *file)
{
	for (size_t i = 0; i < file->len; i++)
		if ((file->data[i] < ' ' && !strchr("\t\r\n\f", file->data[i])) || !file->data[i])
			return true;
	return false;
}

static bool read_mapped(const char *path, const struct mapped *file, struct evidence *evidence)
{
	struct flaw flaw = {0};

	if (file->len > EVIDENCE_FILE_MAX)
		return complain(
			"%s: at byte 0x%x: it is larger than 1 MiB", path, EVIDENCE_FILE_MAX);
	if (is_json(file))
		return evidence_pcrs_json(path, file->data, file->len, &evidence->values);
	if (quote_values_are(file->data, file->len))
		return quote_read_values(evidence, file->data, file->len, &flaw) ||
		       flaw_complain(path, &flaw);
	if (is_binary(file))
		return complain("%s is binary: if tpm2_pcrread -o has written it, say of which "
				"PCRs it is, as tpm2_pcrread was told: --pcr-selection "
				"sha256:0,4,7; or give what tpm2_pcrread prints",
			path);
	return evidence_pcrs_lines(file->data, file->len, &evidence->values, &flaw) ||
	       flaw_complain(path, &flaw);
}

static bool read_file(const char *path, struct evidence *evidence)
{
	struct mapped file;
	bool good;

	if (!file_map(path, &file))
		return false;
	good = read_mapped(path, &file, evidence);
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
