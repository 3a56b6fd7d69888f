/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a UKI's stub and the kernel in it measure: PCRs 9, 11, 12, 13 and, where the stub has the
 * firmware load the kernel, one more application in PCR 4. Stubs differ; a dialect says how.
 */
#ifndef TOOLS_MEASURE_STUB_STUB_H
#define TOOLS_MEASURE_STUB_STUB_H

#include "tools/measure/model/boot.h"
#include "tools/measure/model/image.h"

/*
 * Ours; systemd-stub by the release that changed what is measured, as systemd's source at each tag
 * has it; lanzaboote. AUTO: what the stub's own .sdmagic or StubInfo text says.
 */
enum stub_dialect {
	STUB_AUTO,
	STUB_PROTOSTAR,
	STUB_SYSTEMD_252, /* 252 and 253: no .uname, .sbat; last of two same-named sections */
	STUB_SYSTEMD_254, /* 254 and 255: .uname and .sbat too */
	STUB_SYSTEMD_256, /* .ucode, CC measurement */
	STUB_SYSTEMD_257, /* profiles, .dtbauto, .hwids; os-release is handed to the kernel */
	STUB_SYSTEMD_258, /* 258 to 260: starts the kernel itself: one application in PCR 4 */
	STUB_SYSTEMD_261, /* SMBIOS structures in PCR 1 */
	STUB_SYSTEMD_262, /* adds a console= of its own finding to a command line without one */
	STUB_LANZABOOTE,
	STUB_DIALECT_COUNT
};

/* "systemd-257"; names for --dialect, which takes every release number from 252 to 262 too. */
const char *stub_dialect_name(enum stub_dialect dialect);
bool stub_dialect_by_name(const char *name, enum stub_dialect *out);
/* What the image says of itself. False (no complaint): it says nothing that is known. */
bool stub_dialect_of(const struct boot_image *image, enum stub_dialect *out);

/* What reaches the stub beside its own image; all may be absent. */
struct stub_inputs {
	enum stub_dialect dialect; /* never AUTO here */
	bool secure_boot;	   /* decides about LoadOptions, and the kernel's second event */
	const char *load_options;  /* the command line passed to the stub, UTF-8; NULL: none */
	unsigned profile;	   /* number of the UKI's profile; 0: the base */
	const char *extra_dir;	   /* the "uki.efi.extra.d" folder beside it; NULL: none */
	bool confidential;	   /* a confidential VM: stubs from 257 on then trust less */
};

/*
 * systemd-boot of this release starts the UKI with a command line: that of in->load_options, and up
 * to 254 else the image's own. It measures what it passes, and in->load_options then is what
 * reaches the stub. from_entry: an entry of loader/entries starts it, so that nothing is passed
 * that was not given. False after a complaint.
 */
bool stub_started_by_systemd_boot(struct boot *boot, const struct boot_image *uki, unsigned release,
	bool from_entry, struct stub_inputs *in);

/*
 * Appends the events from the stub's entry until the kernel leaves boot services. Complains and
 * returns false when the image could not boot: our stub's refusals, sections out of the file.
 */
bool stub_events(struct boot *boot, const struct boot_image *image, const struct stub_inputs *in);

#endif
