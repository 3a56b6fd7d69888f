/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI images: header fields, sections, what lies between and behind them, signatures. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/pe_read.h"
#include "tools/lib/printable.h"
#include "tools/content/content_private.h"
#include "tools/content/match.h"

#define OPTIONAL 24u /* of the optional header, from "PE\0\0" */

/* Fields by their place from "PE\0\0" (PE/COFF specification, sections 3.3 and 3.4). */
static const struct field {
	const char *name;
	uint8_t offset, len;
	bool left_unmeasured;
} fields[] = {
	{"Machine", 4, 2, false},
	{"TimeDateStamp", 8, 4, false},
	{"PointerToSymbolTable", 12, 4, false},
	{"NumberOfSymbols", 16, 4, false},
	{"SizeOfOptionalHeader", 20, 2, false},
	{"Characteristics", 22, 2, false},
	{"LinkerVersion", OPTIONAL + 2, 2, false},
	{"SizeOfCode", OPTIONAL + 4, 4, false},
	{"SizeOfInitializedData", OPTIONAL + 8, 4, false},
	{"SizeOfUninitializedData", OPTIONAL + 12, 4, false},
	{"AddressOfEntryPoint", OPTIONAL + 16, 4, false},
	{"BaseOfCode", OPTIONAL + 20, 4, false},
	{"ImageBase", OPTIONAL + 24, 8, false},
	{"SectionAlignment", OPTIONAL + 32, 4, false},
	{"FileAlignment", OPTIONAL + 36, 4, false},
	{"OperatingSystemVersion", OPTIONAL + 40, 4, false},
	{"ImageVersion", OPTIONAL + 44, 4, false},
	{"SubsystemVersion", OPTIONAL + 48, 4, false},
	{"Win32VersionValue", OPTIONAL + 52, 4, false},
	{"SizeOfImage", OPTIONAL + 56, 4, false},
	{"SizeOfHeaders", OPTIONAL + 60, 4, false},
	{"CheckSum", OPTIONAL + 64, 4, true},
	{"Subsystem", OPTIONAL + 68, 2, false},
	{"DllCharacteristics", OPTIONAL + 70, 2, false},
	{"SizeOfStackReserve", OPTIONAL + 72, 8, false},
	{"SizeOfStackCommit", OPTIONAL + 80, 8, false},
	{"SizeOfHeapReserve", OPTIONAL + 88, 8, false},
	{"SizeOfHeapCommit", OPTIONAL + 96, 8, false},
	{"LoaderFlags", OPTIONAL + 104, 4, false},
	{"NumberOfRvaAndSizes", OPTIONAL + 108, 4, false},
};

static uint64_t number_at(const uint8_t *p, uint8_t len)
{
	return len == 2 ? le16(p) : len == 4 ? le32(p) : le64(p);
}

static void compare_header(
	const struct content_at *outer, const struct pe_file *a, const struct pe_file *b)
{
	struct content_at at = content_enter(outer, "header");
	const struct content dos_a = {a->base, a->header_at}, dos_b = {b->base, b->header_at};
	struct content_at dos = content_enter(&at, "DOS stub");

	content_compare(&dos, CONTENT_OPAQUE, &dos_a, &dos_b);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *f = &fields[i];

		at.left_unmeasured = outer->left_unmeasured || f->left_unmeasured;
		content_tell_number(&at, f->name, BASE_HEX,
			number_at(a->base + a->header_at + f->offset, f->len),
			number_at(b->base + b->header_at + f->offset, f->len));
	}
}

/* The data directories, without the one of the certificates. */
static void compare_directories(
	const struct content_at *outer, const struct pe_file *a, const struct pe_file *b)
{
	static const char *const names[] = {"export", "import", "resource", "exception",
		"certificate", "base relocation", "debug", "architecture", "global pointer", "TLS",
		"load configuration", "bound import", "import address", "delay import", "CLR",
		"reserved"};
	const uint8_t *in_a = a->base + a->header_at + OPTIONAL + 112;
	const uint8_t *in_b = b->base + b->header_at + OPTIONAL + 112;
	uint32_t count_a = le32(in_a - 4), count_b = le32(in_b - 4);
	struct content_at at = content_enter(outer, "header");

	/* pe_read() has checked that they are there. */
	for (uint32_t i = 0; i < count_a && i < count_b && i < 16; i++) {
		struct content_at inner = content_enter(&at, "data directory");
		struct content_at row = content_enter(&inner, names[i]);

		row.left_unmeasured = outer->left_unmeasured || i == 4;
		content_tell_number(
			&row, "address", BASE_HEX, le32(in_a + 8 * i), le32(in_b + 8 * i));
		content_tell_number(
			&row, "size", BASE_HEX, le32(in_a + 8 * i + 4), le32(in_b + 8 * i + 4));
	}
}

static struct content raw_of(const struct pe_file *f, const struct pe_section *row)
{
	struct pe_contents contents = pe_contents_of(f, row);

	return (struct content){contents.data, contents.len};
}

/* What stands at from..end but the zeros at its end. */
static struct content without_zeros(const struct pe_file *file, size_t from, size_t end)
{
	while (end > from && file->base[end - 1] == 0)
		end--;
	return (struct content){file->base + from, end - from};
}

/* The raw bytes beyond VirtualSize: in the file and its hash, not in the section's contents. */
static struct content padding_of(const struct pe_file *f, const struct pe_section *row)
{
	if (row->raw_size <= row->virtual_size)
		return (struct content){NULL, 0};
	return without_zeros(f, (size_t)row->raw_offset + row->virtual_size,
		(size_t)row->raw_offset + row->raw_size);
}

static void compare_place(
	const struct content_at *at, const struct pe_section *a, const struct pe_section *b)
{
	char *text_a, *text_b;
	struct content_values values;

	if (a->virtual_address == b->virtual_address && a->raw_offset == b->raw_offset)
		return;
	text_a = must_format("address 0x%x, file offset 0x%x", a->virtual_address, a->raw_offset);
	text_b = must_format("address 0x%x, file offset 0x%x", b->virtual_address, b->raw_offset);
	values = (struct content_values){.a = text_a, .b = text_b};
	content_tell(at, FINDING_CHANGED, "place", &values);
	free(text_a);
	free(text_b);
}

static void compare_section(const struct content_at *outer, const struct pe_file *a,
	const struct pe_section *row_a, const struct pe_file *b, const struct pe_section *row_b)
{
	char *name = printable(row_a->name, strlen(row_a->name), PRINTABLE_MAX);
	struct content_at at = content_enter(outer, name);
	struct content in_a = raw_of(a, row_a), in_b = raw_of(b, row_b);
	struct content rest_a = padding_of(a, row_a), rest_b = padding_of(b, row_b);
	struct content_at padding = content_enter(&at, "padding");

	content_compare(&at, content_kind_of_section(row_a->name), &in_a, &in_b);
	if (in_a.len != row_a->virtual_size || in_b.len != row_b->virtual_size)
		content_tell_number(&at, "size in memory", BASE_DECIMAL, row_a->virtual_size,
			row_b->virtual_size);
	content_compare(&padding, CONTENT_OPAQUE, &rest_a, &rest_b);
	content_tell_number(
		&at, "characteristics", BASE_HEX, row_a->characteristics, row_b->characteristics);
	compare_place(&at, row_a, row_b);
	free(name);
}

static void tell_section(
	const struct content_at *outer, enum finding_change change, const struct pe_section *row)
{
	char *name = printable(row->name, strlen(row->name), PRINTABLE_MAX);
	char *size = must_format("%u bytes", row->virtual_size);
	struct content_at at = content_enter(outer, name);
	struct content_values values = {.a = change == FINDING_REMOVED ? size : NULL,
		.b = change == FINDING_ADDED ? size : NULL};

	content_tell(&at, change, change == FINDING_MOVED ? "order" : "section", &values);
	free(size);
	free(name);
}

struct rows {
	struct pe_section rows[PE_SECTIONS_MAX];
	struct match_key keys[PE_SECTIONS_MAX];
	size_t count;
};

static void read_rows(const struct pe_file *file, struct rows *out)
{
	out->count = file->section_count < PE_SECTIONS_MAX ? file->section_count : PE_SECTIONS_MAX;
	for (unsigned i = 0; i < out->count; i++) {
		out->rows[i] = pe_file_section(file, i);
		out->keys[i] = (struct match_key){
			.data = out->rows[i].name, .len = strlen(out->rows[i].name)};
	}
}

static void compare_sections(
	const struct content_at *at, const struct pe_file *a, const struct pe_file *b)
{
	struct rows in_a, in_b;
	struct match match;

	read_rows(a, &in_a);
	read_rows(b, &in_b);
	match_keys(in_a.keys, in_a.count, in_b.keys, in_b.count, &match);
	for (size_t i = 0; i < in_a.count; i++) {
		size_t j = match.b_of_a[i];

		if (j == MATCH_NONE) {
			tell_section(at, FINDING_REMOVED, &in_a.rows[i]);
			continue;
		}
		compare_section(at, a, &in_a.rows[i], b, &in_b.rows[j]);
		if (match.moved[i])
			tell_section(at, FINDING_MOVED, &in_a.rows[i]);
	}
	for (size_t j = 0; j < in_b.count; j++)
		if (match.a_of_b[j] == MATCH_NONE)
			tell_section(at, FINDING_ADDED, &in_b.rows[j]);
	match_free(&match);
}

/* The bytes behind the last section, up to the certificates; empty where sections reach the end. */
static struct content tail_of(const struct pe_file *file)
{
	size_t end = file->certificates_len ? file->certificates_at : file->len;
	size_t from = file->size_of_headers;

	for (unsigned i = 0; i < file->section_count; i++) {
		struct pe_section row = pe_file_section(file, i);
		size_t row_end = (size_t)row.raw_offset + row.raw_size;

		if (row.raw_size && row_end > from)
			from = row_end;
	}
	if (from > end)
		from = end;
	return (struct content){file->base + from, end - from};
}

static struct content certificates_of(const struct pe_file *file)
{
	return (struct content){file->base + (file->certificates_len ? file->certificates_at : 0),
		file->certificates_len};
}

/* What the headers have behind the section table but zeros. */
static struct content slack_of(const struct pe_file *file)
{
	size_t from = file->sections_at + (size_t)file->section_count * PE_SECTION_ENTRY;

	return without_zeros(file, from, file->size_of_headers);
}

static void compare_rest(
	const struct content_at *outer, const struct pe_file *a, const struct pe_file *b)
{
	struct content tail_a = tail_of(a), tail_b = tail_of(b);
	struct content signed_a = certificates_of(a), signed_b = certificates_of(b);
	struct content_at at = content_enter(outer, "behind the last section");
	struct content_at certificates = content_enter(outer, "certificate table");
	struct content slack_a = slack_of(a), slack_b = slack_of(b);
	struct content_at slack = content_enter(outer, "behind the section table");

	content_compare(&slack, CONTENT_OPAQUE, &slack_a, &slack_b);
	content_compare(&at, CONTENT_OPAQUE, &tail_a, &tail_b);
	certificates.left_unmeasured = true;
	content_certificates(&certificates, &signed_a, &signed_b);
}

static bool read_one(
	const struct content_at *at, bool is_b, const struct content *content, struct pe_file *out)
{
	struct flaw flaw;

	if (pe_read(content->data, content->len, out, &flaw))
		return true;
	content_tell_unreadable(at, is_b, flaw.offset, flaw.reason);
	return false;
}

void content_pe(const struct content_at *at, const struct content *a, const struct content *b)
{
	struct pe_file in_a, in_b;
	bool fine_a = read_one(at, false, a, &in_a), fine_b = read_one(at, true, b, &in_b);
	size_t before = *at->told;

	if (!fine_a || !fine_b) {
		content_opaque(at, a, b);
		return;
	}
	compare_sections(at, &in_a, &in_b);
	compare_rest(at, &in_a, &in_b);
	compare_header(at, &in_a, &in_b);
	compare_directories(at, &in_a, &in_b);
	if (*at->told == before)
		content_opaque(at, a, b);
}
