/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds where two runs of bytes differ, given what they are: an EFI image by its sections, an
 * initrd by its files, a command line by its words. Contents that hold others are opened, so that a
 * finding is as exact as it can be: image, section, file within the initrd, line of it.
 *
 * The bytes may come from anybody. Bytes that are not what they should be are a finding too, with
 * the place and the reason, and are then compared as bytes. Same bytes give no finding, different
 * bytes at least one. Binary contents never get into a finding; texts in it are printable and
 * bounded.
 *
 * Order: content_diff() with a sink, which is called once for each finding and copies what it
 * keeps; findings.h has a sink that collects and prints. Nothing is owned across calls.
 */
#ifndef TOOLS_CONTENT_CONTENT_H
#define TOOLS_CONTENT_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum content_kind {
	CONTENT_OPAQUE,	    /* only the sizes, and where the first difference is */
	CONTENT_TEXT,	    /* lines */
	CONTENT_CMDLINE,    /* a kernel command line, UTF-8 */
	CONTENT_SETTINGS,   /* KEY=value lines, as os-release has them */
	CONTENT_PE,	    /* an EFI image: headers, sections, certificate table */
	CONTENT_KERNEL,	    /* an EFI image that is a Linux kernel */
	CONTENT_INITRD,	    /* cpio archives, compressed or not */
	CONTENT_SIGNATURES, /* EFI_SIGNATURE_LISTs */
	CONTENT_DISK,	    /* a disk image: its GPT, then its partitions */
	CONTENT_GPT,	    /* of a disk image, which is given whole, its GPT only */
	CONTENT_FIRMWARE,   /* firmware volumes */
	CONTENT_KIND_COUNT
};

struct content {
	const uint8_t *data;
	size_t len; /* bytes */
};

enum finding_change {
	FINDING_CHANGED,
	FINDING_REMOVED,    /* only in a */
	FINDING_ADDED,	    /* only in b */
	FINDING_MOVED,	    /* in both, in another order */
	FINDING_UNREADABLE, /* aspect tells why; a or b tells where, in that one */
};

#define FINDING_DEPTH_MAX 8u

struct finding {
	enum finding_change change;
	/* From the whole to the part: "uki.efi", ".initrd", "etc/passwd". */
	const char *path[FINDING_DEPTH_MAX];
	size_t depth;
	const char *aspect;   /* which property, short and stable: "contents", "mode", "word" */
	const char *a, *b;    /* its values for people; NULL: none, or nothing that can be shown */
	const char *remark;   /* what follows from it; NULL: nothing to be said */
	bool left_unmeasured; /* no register shows it: Authenticode leaves it out, say */
};

struct finding_sink {
	void (*take)(void *context, const struct finding *finding);
	void *context;
};

/*
 * Compares a and b, both of this kind. name is the first step of every finding's path; NULL: none.
 * True when the bytes are the same.
 */
bool content_diff(enum content_kind kind, const char *name, const struct content *a,
	const struct content *b, const struct finding_sink *sink);

/* What a section of a UKI holds, by its name (UAPI.5): ".cmdline" is CONTENT_CMDLINE. */
enum content_kind content_kind_of_section(const char *name);

/*
 * What a file is by its first bytes, or else by its name: "uki.efi", "initrd.img", "disk.img",
 * "cmdline", "os-release", or any text. name may be NULL.
 */
enum content_kind content_kind_of_file(const char *name, const struct content *content);

#endif
