/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/sbom.h"

#include <stdlib.h>
#include <string.h>
#include "tools/build/sbom_contents.h"
#include "tools/lib/hex.h"
#include "tools/lib/json_text.h"
#include "tools/lib/report.h"

/* Fixed, so that the same contents give the same bits. */
#define CREATED "1980-01-01T00:00:00Z"
#define TOOL	"Tool: protostar-" PROTOSTAR_VERSION

/* As the JSON schema of SPDX 2.3 spells it; the text of the specification has a dash. */
#define OPERATING_SYSTEM "OPERATING_SYSTEM"

#define ID_DOCUMENT "SPDXRef-DOCUMENT"
#define ID_IMAGE    "SPDXRef-Image"
#define ID_STUB	    "SPDXRef-Stub"
#define ID_KERNEL   "SPDXRef-Kernel"
#define ID_EARLY    "SPDXRef-Early"
#define ID_ROOT	    "SPDXRef-Root"

struct sbom {
	const struct sbom_subject *subject;
	struct sbom_contents contents;
	struct json_text json;
};

static void put_checksum(
	struct json_text *json, const char *algorithm, const uint8_t *hash, size_t len)
{
	json_open(json, NULL, '{');
	json_string(json, "algorithm", algorithm);
	json_hex(json, "checksumValue", hash, len);
	json_close(json);
}

static void put_hashes(struct json_text *json, const struct sbom_hashes *hashes)
{
	json_open(json, "checksums", '[');
	put_checksum(json, "SHA1", hashes->sha1, sizeof(hashes->sha1));
	put_checksum(json, "SHA256", hashes->sha256, sizeof(hashes->sha256));
	put_checksum(json, "SHA384", hashes->sha384, sizeof(hashes->sha384));
	json_close(json);
}

static bool is_within(const struct boot_event *event, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < event->piece_count; i++) {
		const struct boot_piece *piece = &event->pieces[i];

		if (piece->len && piece->data >= data && piece->data < data + len)
			return true;
	}
	return false;
}

/* Linux hashes its own form of the command line, which is made of the section. */
static bool depends_on(const struct boot_event *event, const struct sbom_file *file)
{
	if (event->rule == RULE_APPLICATION || file->in_initrd)
		return false;
	if (event->rule == RULE_KERNEL_CMDLINE)
		return strcmp(file->section, ".cmdline") == 0;
	return file->len && is_within(event, file->data, file->len);
}

/* One PCR that depends on what this stands at. */
static void put_dependence(struct json_text *json, const struct boot_event *event)
{
	char sha256[65], sha384[97];

	hex_encode(event->digest[BANK_SHA256], bank_len(BANK_SHA256), sha256);
	hex_encode(event->digest[BANK_SHA384], bank_len(BANK_SHA384), sha384);
	json_open(json, NULL, '{');
	json_string(json, "annotationDate", CREATED);
	json_string(json, "annotationType", "OTHER");
	json_string(json, "annotator", TOOL);
	json_format(json, "comment",
		"PCR %u depends on this, by the rule %s: %s; sha256 %s, sha384 %s", event->pcr,
		boot_rule_name(event->rule), boot_rule_text(event->rule), sha256, sha384);
	json_close(json);
}

static void put_file_dependences(struct sbom *s, const struct sbom_file *file)
{
	const struct boot *boot = s->subject->boot;
	bool open = false;

	for (size_t i = 0; i < boot->count; i++) {
		if (!depends_on(&boot->events[i], file))
			continue;
		if (!open)
			json_open(&s->json, "annotations", '[');
		open = true;
		put_dependence(&s->json, &boot->events[i]);
	}
	if (open)
		json_close(&s->json);
}

static void put_image_dependences(struct sbom *s)
{
	const struct boot *boot = s->subject->boot;

	json_open(&s->json, "annotations", '[');
	for (size_t i = 0; i < boot->count; i++)
		if (boot->events[i].rule == RULE_APPLICATION &&
			is_within(&boot->events[i], s->subject->uki, s->subject->len))
			put_dependence(&s->json, &boot->events[i]);
	json_close(&s->json);
}

static void put_file(struct sbom *s, const struct sbom_file *file)
{
	struct json_text *json = &s->json;

	json_open(json, NULL, '{');
	json_string(json, "fileName", file->name);
	json_string(json, "SPDXID", file->id);
	json_open(json, "fileTypes", '[');
	json_string(json, NULL, file->type);
	json_close(json);
	put_hashes(json, &file->hashes);
	if (file->in_initrd)
		json_string(json, "comment",
			"A file of the initrd: every PCR that depends on .initrd depends on it.");
	put_file_dependences(s, file);
	json_close(json);
}

static void put_files(struct sbom *s)
{
	json_open(&s->json, "files", '[');
	for (size_t i = 0; i < s->contents.count; i++)
		put_file(s, &s->contents.files[i]);
	json_close(&s->json);
}

/* A package of which only facts are told, not its files. The caller closes the object. */
static void open_package(struct json_text *json, const char *id, const char *name,
	const char *version, const char *license, const char *purpose)
{
	json_open(json, NULL, '{');
	json_string(json, "name", name);
	json_string(json, "SPDXID", id);
	if (version)
		json_string(json, "versionInfo", version);
	json_string(json, "downloadLocation", "NOASSERTION");
	json_string(json, "licenseConcluded", "NOASSERTION");
	json_string(json, "licenseDeclared", license ? license : "NOASSERTION");
	json_string(json, "copyrightText", "NOASSERTION");
	json_string(json, "primaryPackagePurpose", purpose);
}

/* The recipe's word for what a part was made from. */
static void put_input(struct json_text *json, const struct recipe_input *input)
{
	json_string(json, "packageFileName", input->file.name);
	json_open(json, "checksums", '[');
	put_checksum(json, "SHA256", input->file.sha256, sizeof(input->file.sha256));
	json_close(json);
	json_flag(json, "filesAnalyzed", false);
}

static void put_image(struct sbom *s)
{
	struct json_text *json = &s->json;

	open_package(json, ID_IMAGE, s->subject->name, NULL, NULL, OPERATING_SYSTEM);
	json_string(json, "packageFileName", s->subject->name);
	put_hashes(json, &s->contents.image);
	json_flag(json, "filesAnalyzed", true);
	json_open(json, "packageVerificationCode", '{');
	json_hex(json, "packageVerificationCodeValue", s->contents.verification,
		sizeof(s->contents.verification));
	json_close(json);
	put_image_dependences(s);
	json_close(json);
}

static void put_stub(struct sbom *s)
{
	const struct recipe *recipe = s->subject->recipe;

	open_package(&s->json, ID_STUB, recipe ? "protostar-stub" : "UEFI stub",
		recipe ? recipe->protostar : NULL, recipe ? "GPL-2.0-or-later" : NULL, "FIRMWARE");
	if (recipe)
		put_input(&s->json, &recipe->inputs[RECIPE_STUB]);
	else
		json_flag(&s->json, "filesAnalyzed", false);
	json_close(&s->json);
}

/* The text of .uname, as far as it can be a version. */
static char *kernel_version(const struct sbom *s)
{
	const struct sbom_file *uname = sbom_section(&s->contents, ".uname");
	size_t len = 0;

	while (uname && len < uname->len && len < RECIPE_NAME_MAX && uname->data[len] > ' ' &&
		uname->data[len] < 0x7f)
		len++;
	return len ? must_format("%.*s", (int)len, (const char *)uname->data) : NULL;
}

static void put_kernel(struct sbom *s)
{
	const struct sbom_file *kernel = sbom_section(&s->contents, ".linux");
	const struct recipe *recipe = s->subject->recipe;
	char *version = kernel_version(s);

	open_package(&s->json, ID_KERNEL, "linux", version, NULL, OPERATING_SYSTEM);
	free(version);
	if (recipe)
		json_string(&s->json, "packageFileName", recipe->inputs[RECIPE_KERNEL].file.name);
	put_hashes(&s->json, &kernel->hashes);
	json_flag(&s->json, "filesAnalyzed", false);
	json_close(&s->json);
}

static void put_early(struct sbom *s)
{
	const struct recipe *recipe = s->subject->recipe;

	open_package(&s->json, ID_EARLY, "protostar-early", recipe->protostar, "GPL-2.0-or-later",
		"APPLICATION");
	put_input(&s->json, &recipe->inputs[RECIPE_EARLY]);
	json_string(&s->json, "comment",
		"The libraries are those that this release of protostar links into it.");
	json_close(&s->json);
}

static void put_library(struct sbom *s, const struct sbom_library *library)
{
	struct json_text *json = &s->json;
	const char *name = library->source, *license = NULL;
	char *id = must_format("SPDXRef-Library-%s", library->source);
	uint8_t hash[32];

	(void)sbom_library_facts(library->source, &name, &license);
	open_package(json, id, name, library->version, license, "LIBRARY");
	json_format(json, "sourceInfo",
		"the source package %s of Debian %s, patched as "
		"third_party/README.md says",
		library->source, library->suite);
	json_string(json, "packageFileName", library->file);
	if (hex_decode(library->sha256, hash, sizeof(hash))) {
		json_open(json, "checksums", '[');
		put_checksum(json, "SHA256", hash, sizeof(hash));
		json_close(json);
	}
	json_flag(json, "filesAnalyzed", false);
	json_open(json, "externalRefs", '[');
	json_open(json, NULL, '{');
	json_string(json, "referenceCategory", "PACKAGE-MANAGER");
	json_string(json, "referenceType", "purl");
	json_format(json, "referenceLocator", "pkg:generic/%s@%s?checksum=sha256:%s",
		library->source, library->version, library->sha256);
	json_close(json);
	json_close(json);
	json_close(json);
	free(id);
}

static void put_root(struct sbom *s)
{
	const struct recipe_input *input = &s->subject->recipe->inputs[RECIPE_ROOT];
	char hex[65];

	open_package(&s->json, ID_ROOT, "root file system", NULL, NULL, OPERATING_SYSTEM);
	hex_encode(input->file.sha256, sizeof(input->file.sha256), hex);
	if (input->folder) {
		json_string(&s->json, "packageFileName", input->file.name);
		json_flag(&s->json, "filesAnalyzed", false);
		json_format(&s->json, "comment",
			"Packed from a folder of %llu entries, whose "
			"listing has the SHA-256 %s; the dm-verity root "
			"hash of the result is in .cmdline.",
			(unsigned long long)input->entries, hex);
	} else {
		put_input(&s->json, input);
		json_string(&s->json, "comment",
			"The dm-verity root hash of the image made from it is in .cmdline.");
	}
	json_close(&s->json);
}

static void put_packages(struct sbom *s)
{
	json_open(&s->json, "packages", '[');
	put_image(s);
	put_stub(s);
	if (sbom_section(&s->contents, ".linux"))
		put_kernel(s);
	if (s->subject->recipe) {
		put_early(s);
		for (const struct sbom_library *l = sbom_libraries; l->source; l++)
			put_library(s, l);
		put_root(s);
	}
	json_close(&s->json);
}

static void relate(struct sbom *s, const char *from, const char *type, const char *to)
{
	json_open(&s->json, NULL, '{');
	json_string(&s->json, "spdxElementId", from);
	json_string(&s->json, "relationshipType", type);
	json_string(&s->json, "relatedSpdxElement", to);
	json_close(&s->json);
}

/* What the builder adds to the stub; every other section is the stub's own. */
static bool is_added(const char *section)
{
	static const char *const names[] = {".linux", ".osrel", ".cmdline", ".initrd", ".ucode",
		".splash", ".dtb", ".dtbauto", ".hwids", ".uname", ".pcrsig", ".pcrpkey",
		".profile", ".efifw"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], section) == 0)
			return true;
	return false;
}

static void relate_files(struct sbom *s)
{
	const struct sbom_file *initrd = sbom_section(&s->contents, ".initrd");

	for (size_t i = 0; i < s->contents.count; i++) {
		const struct sbom_file *file = &s->contents.files[i];

		relate(s, ID_IMAGE, "CONTAINS", file->id);
		if (file->in_initrd)
			relate(s, initrd->id, "CONTAINS", file->id);
		else if (!is_added(file->section))
			relate(s, file->id, "GENERATED_FROM", ID_STUB);
		else if (strcmp(file->section, ".linux") == 0)
			relate(s, file->id, "GENERATED_FROM", ID_KERNEL);
	}
}

static void put_relationships(struct sbom *s)
{
	const struct sbom_file *init = sbom_initrd_file(&s->contents, "init");

	json_open(&s->json, "relationships", '[');
	relate(s, ID_DOCUMENT, "DESCRIBES", ID_IMAGE);
	relate_files(s);
	if (s->subject->recipe) {
		if (init)
			relate(s, init->id, "GENERATED_FROM", ID_EARLY);
		for (const struct sbom_library *l = sbom_libraries; l->source; l++) {
			char *id = must_format("SPDXRef-Library-%s", l->source);

			relate(s, ID_EARLY, "STATIC_LINK", id);
			free(id);
		}
		relate(s, ID_IMAGE, "DEPENDS_ON", ID_ROOT);
	}
	json_close(&s->json);
}

static void put_creation(struct json_text *json)
{
	json_open(json, "creationInfo", '{');
	json_string(json, "created", CREATED);
	json_open(json, "creators", '[');
	json_string(json, NULL, TOOL);
	json_close(json);
	json_string(json, "comment",
		"The time is fixed, so that the same contents give the same document.");
	json_close(json);
}

static void put_document(struct sbom *s, const char *space, struct bytes *out)
{
	json_start_lines(&s->json, out, 4);
	json_open(&s->json, NULL, '{');
	json_string(&s->json, "spdxVersion", "SPDX-2.3");
	json_string(&s->json, "dataLicense", "CC0-1.0");
	json_string(&s->json, "SPDXID", ID_DOCUMENT);
	json_string(&s->json, "name", s->subject->name);
	json_string(&s->json, "documentNamespace", space);
	put_creation(&s->json);
	put_packages(s);
	put_files(s);
	put_relationships(s);
	json_close(&s->json);
}

bool sbom_make(const struct sbom_subject *subject, struct bytes *out)
{
	struct sbom s = {.subject = subject};
	struct bytes draft = {0};
	uint8_t hash[32];
	char hex[65], *space;

	if (!sbom_contents_read(subject->name, subject->uki, subject->len, &s.contents))
		return false;
	/* No two documents that differ may have one namespace (6.5): it is a hash of the rest. */
	put_document(&s, "", &draft);
	bank_hash(BANK_SHA256, draft.data, draft.len, hash);
	hex_encode(hash, sizeof(hash), hex);
	space = must_format("https://spdx.org/spdxdocs/protostar-%s", hex);
	put_document(&s, space, out);
	free(space);
	bytes_free(&draft);
	sbom_contents_free(&s.contents);
	return true;
}
