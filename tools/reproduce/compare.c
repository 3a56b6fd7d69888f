/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict: what was built again beside the image that was given. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/lib/bank.h"
#include "tools/lib/disk_container.h"
#include "tools/lib/hex.h"
#include "tools/lib/json_text.h"
#include "tools/lib/report.h"
#include "tools/content/content.h"
#include "tools/content/findings.h"
#include "tools/reproduce/reproduce.h"

/* One file of the image beside its twin. */
struct pair {
	const char *name; /* "disk.img" */
	struct mapped given, made;
	uint8_t given_sha256[32], made_sha256[32];
	bool missing; /* the image's folder has no such file */
	bool same;
	bool as_recorded; /* the given file is the one that the recipe describes, if it does */
	struct findings findings;
};

struct verdict {
	struct pair pairs[RECIPE_OUTPUTS_MAX];
	size_t count;
	bool lost_signature; /* the recipe's image was signed, the given one is not */
	bool same;
};

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static const struct recipe_file *recorded_output(const struct recipe *recipe, const char *name)
{
	for (size_t i = 0; i < recipe->output_count; i++)
		if (strcmp(recipe->outputs[i].name, name) == 0)
			return &recipe->outputs[i];
	return NULL;
}

/*
 * Two disk images in containers differ where their disks do, unless the containers alone differ, or
 * one of them cannot be opened.
 */
static bool diff_disks(struct pair *p, const struct finding_sink *sink)
{
	enum disk_container kind = disk_container_of(p->made.data, p->made.len);
	struct disk_view given, made;
	struct flaw flaw;
	bool same = true;

	if (kind == DISK_RAW || !disk_container_open(kind, p->made.data, p->made.len, &made, &flaw))
		return true;
	if (disk_container_of(p->given.data, p->given.len) == kind &&
		disk_container_open(kind, p->given.data, p->given.len, &given, &flaw)) {
		same = content_diff(CONTENT_DISK, p->name, &(struct content){given.data, given.len},
			&(struct content){made.data, made.len}, sink);
		disk_container_close(&given);
	}
	disk_container_close(&made);
	return same;
}

static void judge_pair(const struct reproduction *r, struct pair *p)
{
	const struct recipe_file *recorded = recorded_output(&r->recipe, p->name);
	const struct content given = {p->given.data, p->given.len};
	const struct content made = {p->made.data, p->made.len};
	struct finding_sink sink = findings_sink(&p->findings);

	bank_hash(BANK_SHA256, p->given.data, p->given.len, p->given_sha256);
	bank_hash(BANK_SHA256, p->made.data, p->made.len, p->made_sha256);
	p->as_recorded = !recorded || memcmp(recorded->sha256, p->given_sha256, 32) == 0;
	p->same = diff_disks(p, &sink) && content_diff(content_kind_of_file(p->name, &given),
						  p->name, &given, &made, &sink);
}

static bool open_pair(struct reproduction *r, const char *given_path, struct pair *p)
{
	char *made_path = must_format("%s/%s", r->build.work, p->name);
	bool fine = file_map(made_path, &p->made);

	free(made_path);
	p->missing = access(given_path, F_OK) != 0;
	if (fine && !p->missing)
		fine = file_map(given_path, &p->given);
	if (fine && !p->missing)
		judge_pair(r, p);
	return fine;
}

/* A single file is a UKI when it is an EFI image, otherwise a disk image. */
static bool open_file(struct reproduction *r, struct verdict *v)
{
	struct pair *p = &v->pairs[v->count++];
	struct mapped m;

	if (!file_map(r->request->image, &m))
		return false;
	p->name = m.len > 2 && memcmp(m.data, "MZ", 2) == 0 ? "uki.efi"
							    : disk_container_file(r->recipe.format);
	file_unmap(&m);
	return open_pair(r, r->request->image, p);
}

static bool open_folder(struct reproduction *r, struct verdict *v)
{
	const char *const names[] = {"uki.efi", disk_container_file(r->recipe.format), "initrd.img",
		"cmdline", "measurements.json", "manifest.json", "sbom.spdx.json"};
	bool fine = true;

	for (size_t i = 0; fine && i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = must_format("%s/%s", r->request->image, names[i]);

		v->pairs[v->count].name = names[i];
		fine = open_pair(r, path, &v->pairs[v->count++]);
		free(path);
	}
	return fine;
}

static void print_tools(const struct reproduction *r)
{
	for (size_t i = 0; i < r->tool_count; i++)
		printf("likely cause: %s: the recipe's image was made with \"%s\", here is "
		       "\"%s\"\n",
			r->tools[i].name, r->recorded[i], r->tools[i].version);
	if (strcmp(r->recipe.protostar, PROTOSTAR_VERSION) != 0)
		printf("likely cause: protostar: the recipe's image was made with %s, here is "
		       "%s\n",
			r->recipe.protostar, PROTOSTAR_VERSION);
}

static void print_pair(const struct pair *p)
{
	struct bytes text = {0};
	char hex[65];

	if (p->missing) {
		printf("missing: %s\n", p->name);
		return;
	}
	hex_encode(p->given_sha256, 32, hex);
	printf("%s: %s, %zu bytes, SHA-256 %s\n", p->same ? "bit-identical" : "differs", p->name,
		p->given.len, hex);
	if (p->same)
		return;
	if (!p->as_recorded)
		puts("  this is not the file that the recipe describes");
	findings_text(&p->findings, "  ", isatty(1) && !getenv("NO_COLOR"), &text);
	if (text.len)
		fwrite(text.data, 1, text.len, stdout);
	bytes_free(&text);
}

static void print_text(const struct reproduction *r, const struct verdict *v)
{
	for (size_t i = 0; i < v->count; i++)
		print_pair(&v->pairs[i]);
	if (v->lost_signature)
		puts("differs: the recipe describes a signed image, this one has no signature");
	if (r->signature == SIGNATURE_CARRIED)
		puts("signature: taken from the image, since no key was given; all other bits "
		     "were made anew");
	if (!v->same)
		print_tools(r);
}

static void json_tools(const struct reproduction *r, struct json_text *json)
{
	json_open(json, "tools", '[');
	for (size_t i = 0; i < r->tool_count; i++) {
		json_open(json, NULL, '{');
		json_string(json, "name", r->tools[i].name);
		json_string(json, "recorded", r->recorded[i]);
		json_string(json, "here", r->tools[i].version);
		json_close(json);
	}
	json_close(json);
}

static void json_pair(const struct pair *p, struct json_text *json)
{
	json_open(json, NULL, '{');
	json_string(json, "name", p->name);
	json_flag(json, "identical", p->same);
	json_flag(json, "missing", p->missing);
	if (!p->missing) {
		json_hex(json, "sha256", p->given_sha256, 32);
		json_hex(json, "rebuilt", p->made_sha256, 32);
		json_flag(json, "asRecorded", p->as_recorded);
		findings_json(&p->findings, json, "findings");
	}
	json_close(json);
}

static void print_json(const struct reproduction *r, const struct verdict *v)
{
	static const char *const signatures[] = {
		[SIGNATURE_NONE] = "none",
		[SIGNATURE_MADE] = "made",
		[SIGNATURE_CARRIED] = "carried",
	};
	struct bytes text = {0};
	struct json_text json;

	json_start_lines(&json, &text, 3);
	json_open(&json, NULL, '{');
	json_flag(&json, "identical", v->same);
	json_string(&json, "signature", v->lost_signature ? "lost" : signatures[r->signature]);
	json_open(&json, "files", '[');
	for (size_t i = 0; i < v->count; i++)
		json_pair(&v->pairs[i], &json);
	json_close(&json);
	json_tools(r, &json);
	json_close(&json);
	fwrite(text.data, 1, text.len, stdout);
	bytes_free(&text);
}

int reproduce_compare(struct reproduction *r)
{
	struct verdict v = {0};
	bool fine = is_folder(r->request->image) ? open_folder(r, &v) : open_file(r, &v);

	v.lost_signature = r->recipe.inputs[RECIPE_CERTIFICATE].present &&
			   r->signature == SIGNATURE_NONE;
	v.same = !v.lost_signature;
	for (size_t i = 0; i < v.count; i++)
		v.same = v.same && v.pairs[i].same;
	if (fine && r->request->json)
		print_json(r, &v);
	else if (fine)
		print_text(r, &v);
	for (size_t i = 0; i < v.count; i++) {
		findings_free(&v.pairs[i].findings);
		file_unmap(&v.pairs[i].given);
		file_unmap(&v.pairs[i].made);
	}
	return !fine ? EXIT_MISUSE : v.same ? EXIT_DONE : EXIT_REFUSED;
}

static void json_mismatches(const struct reproduction *r)
{
	struct bytes text = {0};
	struct json_text json;

	json_start_lines(&json, &text, 3);
	json_open(&json, NULL, '{');
	json_flag(&json, "identical", false);
	json_open(&json, "inputs", '[');
	for (size_t i = 0; i < r->mismatch_count; i++) {
		const struct reproduce_mismatch *m = &r->mismatches[i];

		json_open(&json, NULL, '{');
		json_string(&json, "input", m->what);
		json_hex(&json, "recorded", m->recorded, 32);
		if (!m->missing)
			json_hex(&json, "here", m->here, 32);
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
	fwrite(text.data, 1, text.len, stdout);
	bytes_free(&text);
}

int reproduce_refuse(const struct reproduction *r)
{
	if (r->request->json) {
		json_mismatches(r);
		return EXIT_REFUSED;
	}
	for (size_t i = 0; i < r->mismatch_count; i++) {
		const struct reproduce_mismatch *m = &r->mismatches[i];
		char recorded[65], here[65] = "missing";

		hex_encode(m->recorded, 32, recorded);
		if (!m->missing)
			hex_encode(m->here, 32, here);
		printf("input differs: %s\n  recorded SHA-256 %s\n  here     SHA-256 %s\n", m->what,
			recorded, here);
	}
	puts("nothing was built: the inputs are not those of the recipe");
	return EXIT_REFUSED;
}
