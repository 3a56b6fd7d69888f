/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/sbom_contents.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/lib/bank.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"

static void hash_one(enum bank bank, const uint8_t *data, size_t len, size_t zeros, uint8_t *out)
{
	struct bank_hash_state *state = bank_begin(bank);

	bank_add(state, data, len);
	bank_add_zeros(state, zeros);
	bank_end(state, out);
}

/* SPDX 2.3 demands SHA-1 of a file (8.4); PCR banks have the other two. */
static void hash_all(const uint8_t *data, size_t len, size_t zeros, struct sbom_hashes *out)
{
	hash_one(BANK_SHA1, data, len, zeros, out->sha1);
	hash_one(BANK_SHA256, data, len, zeros, out->sha256);
	hash_one(BANK_SHA384, data, len, zeros, out->sha384);
}

static struct sbom_file *add_file(struct sbom_contents *c)
{
	struct sbom_file *file;

	/* Grown in steps of powers of two. */
	if ((c->count & (c->count - 1)) == 0)
		c->files = must_realloc(c->files, c->count ? 2 * c->count : 1, sizeof(*c->files));
	file = &c->files[c->count++];
	*file = (struct sbom_file){0};
	return file;
}

/* The letters, digits, '.' and '-' of a name: what an SPDX identifier may hold (3.2). */
static char *make_id(const char *kind, size_t number, const char *name)
{
	struct bytes text = {0};

	bytes_addf(&text, "SPDXRef-%s-%zu", kind, number);
	for (; *name; name++)
		if ((*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') ||
			(*name >= 'A' && *name <= 'Z') || *name == '.')
			bytes_add(&text, name, 1);
	bytes_add(&text, "", 1);
	return (char *)text.data;
}

static const char *section_type(const char *name)
{
	static const struct {
		const char *name, *type;
	} types[] = {
		{".osrel", "TEXT"},
		{".cmdline", "TEXT"},
		{".uname", "TEXT"},
		{".sbat", "TEXT"},
		{".pcrsig", "TEXT"},
		{".pcrpkey", "TEXT"},
		{".profile", "TEXT"},
		{".initrd", "ARCHIVE"},
		{".ucode", "ARCHIVE"},
		{".splash", "IMAGE"},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	return "BINARY";
}

static void add_sections(struct sbom_contents *c)
{
	for (unsigned i = 0; i < c->pe.section_count; i++) {
		struct pe_section row = pe_file_section(&c->pe, i);
		struct pe_contents contents = pe_contents_of(&c->pe, &row);
		struct sbom_file *file = add_file(c);

		file->name = must_format("./%s", row.name);
		file->id = make_id("Section", i + 1, row.name);
		file->type = section_type(row.name);
		memcpy(file->section, row.name, sizeof(file->section));
		file->data = contents.data;
		file->len = contents.len;
		hash_all(contents.data, contents.len, contents.zeros, &file->hashes);
	}
}

static bool add_initrd_items(struct sbom_contents *c, const struct initrd *initrd)
{
	size_t number = 0;
	uint64_t bytes = 0;

	for (size_t i = 0; i < initrd->item_count; i++) {
		const struct cpio_item *item = &initrd->items[i];
		struct sbom_file *file;

		if (!S_ISREG(item->mode))
			continue;
		if (++number > SBOM_FILES_MAX)
			return complain("the initrd has more than %u files", SBOM_FILES_MAX);
		/* Names of one file share its bytes, so a small initrd can claim many. */
		bytes += item->len;
		if (bytes > SBOM_BYTES_MAX)
			return complain("the initrd's files have more than 4 GiB");
		file = add_file(c);
		file->name = must_format("./.initrd/%.*s", (int)item->name_len, item->name);
		file->id = make_id("Initrd", number, "");
		file->type = "BINARY";
		memcpy(file->section, ".initrd", sizeof(".initrd"));
		file->in_initrd = true;
		hash_all(item->data, item->len, 0, &file->hashes);
	}
	return true;
}

static bool add_initrd(const char *name, struct sbom_contents *c)
{
	const struct sbom_file *section = sbom_section(c, ".initrd");
	struct initrd initrd = {0};
	struct initrd_flaw flaw;
	bool fine;

	if (!section || !section->len)
		return true;
	fine = initrd_read(section->data, section->len, &initrd, &flaw) ||
	       complain("%s: .initrd: at byte 0x%llx: %s", name,
		       (unsigned long long)flaw.flaw.offset, flaw.flaw.reason);
	fine = fine && add_initrd_items(c, &initrd);
	initrd_free(&initrd);
	return fine;
}

static int by_sha1(const void *a, const void *b)
{
	return memcmp(a, b, 20);
}

static void verify_code(struct sbom_contents *c)
{
	uint8_t *sums = must_alloc(20 * (c->count + 1));
	struct bytes text = {0};

	for (size_t i = 0; i < c->count; i++)
		memcpy(sums + 20 * i, c->files[i].hashes.sha1, 20);
	qsort(sums, c->count, 20, by_sha1);
	for (size_t i = 0; i < c->count; i++) {
		char hex[41];

		hex_encode(sums + 20 * i, 20, hex);
		bytes_add_text(&text, hex);
	}
	bank_hash(BANK_SHA1, text.data, text.len, c->verification);
	bytes_free(&text);
	free(sums);
}

bool sbom_contents_read(const char *name, const uint8_t *uki, size_t len, struct sbom_contents *out)
{
	struct sbom_contents c = {0};
	struct flaw flaw;

	if (!pe_read(uki, len, &c.pe, &flaw))
		return flaw_complain(name, &flaw);
	hash_all(uki, len, 0, &c.image);
	add_sections(&c);
	if (!add_initrd(name, &c)) {
		sbom_contents_free(&c);
		return false;
	}
	verify_code(&c);
	*out = c;
	return true;
}

void sbom_contents_free(struct sbom_contents *contents)
{
	for (size_t i = 0; i < contents->count; i++) {
		free(contents->files[i].name);
		free(contents->files[i].id);
	}
	free(contents->files);
	*contents = (struct sbom_contents){0};
}

const struct sbom_file *sbom_section(const struct sbom_contents *contents, const char *name)
{
	for (size_t i = 0; i < contents->count; i++)
		if (!contents->files[i].in_initrd && strcmp(contents->files[i].section, name) == 0)
			return &contents->files[i];
	return NULL;
}

const struct sbom_file *sbom_initrd_file(const struct sbom_contents *contents, const char *path)
{
	for (size_t i = 0; i < contents->count; i++)
		if (contents->files[i].in_initrd &&
			strcmp(contents->files[i].name + strlen("./.initrd/"), path) == 0)
			return &contents->files[i];
	return NULL;
}
