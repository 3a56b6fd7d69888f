/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to this room: what the dialects share. Runs of bytes that are put together before they
 * are hashed, text as firmware has it, the kernel's own events.
 */
#ifndef TOOLS_MEASURE_STUB_STUB_PRIVATE_H
#define TOOLS_MEASURE_STUB_STUB_PRIVATE_H

#include "tools/lib/bytes.h"
#include "tools/lib/pe_read.h"
#include "tools/measure/stub/stub.h"

#define PCR_KERNEL_LOADED 9u  /* by Linux's own EFI stub */
#define PCR_KERNEL_IMAGE  11u /* the stub's sections */
#define PCR_KERNEL_CONFIG 12u /* command lines, credentials */
#define PCR_SYSEXTS	  13u

/* Bytes that will be hashed in one go, or handed to the kernel. */
struct piece_list {
	struct boot_piece at[BOOT_PIECES_MAX];
	size_t count;
	uint64_t len; /* bytes, zeros included */
};

/* Appends; empty pieces are left out. Complains and returns false when there are too many. */
bool pieces_add(struct piece_list *list, const struct boot_piece *piece);
bool pieces_add_all(struct piece_list *list, const struct piece_list *more);
/* Appends zeros up to a multiple of four bytes. */
void pieces_pad(struct piece_list *list);
/* Gives them to an event that was added. NULL event: returns false. */
bool pieces_to_event(struct boot *boot, struct boot_event *event, const struct piece_list *list);

/* A section's contents as a piece of the image. */
struct boot_piece piece_of_section(
	const struct boot_image *image, const struct pe_contents *contents);

/*
 * Appends UTF-8 as UTF-16LE without a NUL, as systemd-stub reads it: up to the first NUL, without
 * what is malformed or lies outside the first 65,536 characters.
 */
void utf16_from(struct bytes *out, const uint8_t *utf8, size_t len);
/* The text with its NUL, in the arena. */
const uint8_t *utf16_keep(struct boot *boot, const char *text, size_t *out_len);

/* EV_IPL whose log text is description in UTF-16 with NUL. NULL after a complaint. */
struct boot_event *add_ipl(struct boot *boot, unsigned pcr, enum boot_rule rule,
	const char *subject, const char *what, const char *description);
/* EV_EVENT_TAG: the log shows tag, length and text (bytes). */
void show_tagged(
	struct boot *boot, struct boot_event *event, uint32_t tag, const void *text, size_t len);

/*
 * What Linux's EFI stub measures: its LoadOptions (UTF-16 with NUL, copied; empty: none), then the
 * initrd that it was handed (empty: none).
 */
bool kernel_events(
	struct boot *boot, const struct boot_piece *options, const struct piece_list *initrd);

/* A section's text in another form: line, which was made of it. Nobody's where section is NULL. */
struct boot_piece piece_of_line(const struct boot_image *image, const struct pe_contents *section,
	const char *form, const struct bytes *line);

/* One dialect's stub_events(). */
bool protostar_events(struct boot *boot, const struct boot_image *image);
bool systemd_events(
	struct boot *boot, const struct boot_image *image, const struct stub_inputs *in);
bool lanzaboote_events(
	struct boot *boot, const struct boot_image *image, const struct stub_inputs *in);

/* The systemd release that a dialect begins with: 252 and so on; 0 for others. */
unsigned dialect_release(enum stub_dialect dialect);

#endif
