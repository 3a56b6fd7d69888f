/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to this room: systemd-stub's parts. */
#ifndef TOOLS_MEASURE_STUB_SYSTEMD_H
#define TOOLS_MEASURE_STUB_SYSTEMD_H

#include "tools/measure/stub/stub_private.h"

/* The sections that any release knows, in measurement order. */
enum section {
	LINUX,
	OSREL,
	CMDLINE,
	INITRD,
	UCODE,
	SPLASH,
	DTB,
	UNAME,
	SBAT,
	PCRSIG,
	PCRPKEY,
	PROFILE,
	DTBAUTO,
	HWIDS,
	EFIFW,
	SECTIONS
};

struct systemd_stub {
	struct boot *boot;
	const struct boot_image *image;
	const struct stub_inputs *in;
	unsigned release; /* the first of the dialect */
	unsigned profile; /* that was chosen */
	/* How the kernel's line was made of .cmdline; NULL: it was not. */
	const char *line_form;
	struct pe_file pe;
	bool present[SECTIONS];
	struct pe_contents sections[SECTIONS];
};

/* Finds the sections of the base and, from 257 on, of the profile; complains without .linux. */
bool systemd_find(struct systemd_stub *stub);
/* PCR 11. */
bool systemd_measure_sections(struct systemd_stub *stub);

/*
 * The command line for the kernel, UTF-16 with NUL: the one passed, where it is accepted, which is
 * then measured into PCR 12; else the section's. Empty: there is none. Chooses the profile too, for
 * the number stands before the passed text ("@1 quiet"): systemd_options() first, then the sections
 * can be found, then systemd_cmdline().
 */
void systemd_options(struct systemd_stub *stub, struct bytes *out);
bool systemd_cmdline(struct systemd_stub *stub, const struct bytes *passed, struct bytes *out);

/* What releases of systemd make of a command line (UTF-16), which systemd-boot does as stubs do. */
void systemd_tidy(unsigned release, struct bytes *text);

/* Appends one part of what the kernel gets; parts but the last are padded to four bytes. */
bool initrd_part(struct piece_list *initrd, const struct piece_list *part);

#define EXTRA_FILES_MAX 256u

/* The files of a UKI's .extra.d folder. */
struct extra {
	const char *folder; /* NULL: none */
	const char *names[EXTRA_FILES_MAX];
	size_t count;
};

bool extra_open(struct boot *boot, const char *folder, struct extra *out);
/* The name of an addon among them; NULL: none. */
const char *extra_addon(const struct extra *extra);
/* PCRs 12 and 13, and the archives for the kernel. */
bool extra_events(
	struct boot *boot, const struct extra *extra, unsigned release, struct piece_list *initrd);

#endif
