/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lanzaboote's stub (1.1): a UKI whose kernel and initrd are other files of the volume, named by
 * .linux and .initrd and pinned by the SHA-256 in .linuxh and .initrdh. They are measured as if
 * they stood in the image. Its "fat" variant has no .linuxh, and the contents in the image.
 */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/report.h"
#include "tools/measure/model/volume.h"
#include "tools/measure/stub/stub_private.h"

#define HASH_LEN 32u

/* In measurement order: the UKI specification's, not that of systemd's code. */
static const char *const names[] = {".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash",
	".dtb", ".hwids", ".uname", ".sbat", ".pcrpkey"};

struct stub {
	struct boot *boot;
	const struct boot_image *image;
	const struct stub_inputs *in;
	struct pe_file pe;
	struct boot_piece kernel, initrd;
};

static bool find(const struct stub *s, const char *name, struct pe_contents *out)
{
	return pe_lookup(&s->pe, name, PE_FIRST_EXACT, 0, s->pe.section_count, out);
}

/* "\EFI\nixos\kernel.efi" of the volume that the image is on. */
static bool read_from_volume(struct stub *s, const char *name, struct boot_piece *out)
{
	switch (volume_read(s->boot, s->image, name, out)) {
	case VOLUME_READ:
		return true;
	case VOLUME_NO_FILE:
		return complain("%s names %s, which is not on its volume", s->image->source, name);
	case VOLUME_NOT_KNOWN:
		return complain("%s: the kernel and initrd that it names are on its volume; give "
				"that (a disk image or a folder)",
			s->image->source);
	case VOLUME_DAMAGED:
		break;
	}
	return false;
}

/* A path of the stub's section as we read it; NULL: it is none. */
static const char *path_in(struct stub *s, const struct pe_contents *section)
{
	const char *text = boot_text(s->boot, "%.*s", (int)(section->len > 1024 ? 0 : section->len),
		(const char *)section->data);
	char *path = boot_keep(s->boot, text, strlen(text) + 1);

	for (char *c = path; *c; c++) {
		if (*c < ' ' || *c > '~') /* complaints show it */
			return NULL;
		if (*c == '\\')
			*c = '/';
	}
	path += strspn(path, "/");
	return *path && !strstr(path, "..") ? path : NULL;
}

/* One of the two files, checked as the stub checks it: with Secure Boot off it goes on anyway. */
static bool load(
	struct stub *s, const char *section, const char *hash_section, struct boot_piece *out)
{
	struct pe_contents contents, hash;
	uint8_t digest[HASH_LEN];
	const char *path;

	if (!find(s, section, &contents))
		return complain("%s has no section %s", s->image->source, section);
	if (!find(s, hash_section, &hash)) {
		*out = piece_of_section(s->image, &contents);
		return true;
	}
	path = path_in(s, &contents);
	if (!path)
		return complain("%s: %s names no file", s->image->source, section);
	if (!read_from_volume(s, path, out))
		return false;
	bank_hash(BANK_SHA256, out->data, out->len, digest);
	return !s->in->secure_boot ||
	       (hash.len == HASH_LEN && memcmp(hash.data, digest, HASH_LEN) == 0) ||
	       complain("%s: %s is not the file that the image was made for", s->image->source,
		       path);
}

/* A log shows the name without its NUL; only the TPM gets the event. */
static bool add_event(struct stub *s, const char *name, enum boot_rule rule, const char *part,
	const struct boot_piece *piece)
{
	struct boot_event *event = add_ipl(s->boot, PCR_KERNEL_IMAGE, rule, name,
		boot_text(s->boot, "%s (%s)", name, part), name);

	if (!event)
		return false;
	event->data_len -= 2;
	event->to = BOOT_TO_TPM;
	return boot_piece(s->boot, event, piece);
}

static bool measure(struct stub *s, const char *name, const struct pe_section *row)
{
	const struct pe_contents contents = pe_contents_of(&s->pe, row);
	struct boot_piece text = {.data = (const uint8_t *)name, .len = strlen(name) + 1};
	struct boot_piece piece = piece_of_section(s->image, &contents);

	if (strcmp(name, ".linux") == 0)
		piece = s->kernel;
	if (strcmp(name, ".initrd") == 0)
		piece = s->initrd;
	return add_event(s, name, RULE_SECTION_NAME, "name", &text) &&
	       add_event(s, name, RULE_SECTION_DATA, "contents", &piece);
}

static bool measure_sections(struct stub *s)
{
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		for (unsigned i = 0; i < s->pe.section_count; i++) {
			struct pe_section row = pe_file_section(&s->pe, i);

			if (strcmp(row.name, names[n]) == 0 && !measure(s, names[n], &row))
				return false;
		}
	}
	return true;
}

/* With Secure Boot off what was passed is taken, and measured in a way that is not known here. */
static bool add_kernel(struct stub *s)
{
	const char *passed = s->in->secure_boot ? NULL : s->in->load_options;
	struct piece_list initrd = {.count = 0};
	struct pe_contents own;
	struct bytes line = {0};
	struct boot_piece piece;
	bool fine;

	if (!find(s, ".cmdline", &own))
		return complain("%s has no section .cmdline", s->image->source);
	if (passed) {
		boot_unknown(s->boot, 4, "the stub measures the command line that was passed");
		utf16_from(&line, (const uint8_t *)passed, strlen(passed));
	} else {
		utf16_from(&line, own.data, own.len);
	}
	bytes_zeros(&line, 2);
	fine = pieces_add(&initrd, &s->initrd);
	pieces_pad(&initrd);
	piece = piece_of_line(s->image, passed ? NULL : &own, "UTF-16", &line);
	fine = fine && kernel_events(s->boot, &piece, &initrd);
	bytes_free(&line);
	return fine;
}

bool lanzaboote_events(
	struct boot *boot, const struct boot_image *image, const struct stub_inputs *in)
{
	static const char extra[] =
		"how the stub packs what is in the .extra.d folder is not known";
	struct stub s = {.boot = boot, .image = image, .in = in};
	struct flaw flaw;

	if (!pe_read(image->data, image->len, &s.pe, &flaw))
		return flaw_complain(image->source, &flaw);
	if (in->extra_dir) {
		boot_unknown(boot, PCR_KERNEL_LOADED, extra);
		boot_unknown(boot, PCR_KERNEL_CONFIG, extra);
		boot_unknown(boot, PCR_SYSEXTS, extra);
	}
	return load(&s, ".linux", ".linuxh", &s.kernel) &&
	       load(&s, ".initrd", ".initrdh", &s.initrd) && measure_sections(&s) && add_kernel(&s);
}
