/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The port: all that the stub asks of the firmware. firmware_uefi.c fills it from UEFI's tables and
 * is the only file that sees EFI types; the tests fill it with a recording mock that fails on
 * demand. Functions that return a status give back a code of efi/contract/errors.def.
 *
 * Order of calls: see stub.c. Nothing that was taken is given back.
 */
#ifndef EFI_FIRMWARE_H
#define EFI_FIRMWARE_H

#include <stddef.h>

#include "efi/base/status.h"

#define STATUS_ENUM(code, name, ...) E_##name = (code),
enum stub_error {
#include "efi/contract/errors.def"
};
#undef STATUS_ENUM

#define FIRMWARE_PAGE 4096u

/* What can be extended; the bits of firmware.measurers(). */
enum measurer { MEASURER_TCG2 = 1, MEASURER_CC = 2 };

/* EV_IPL event: the firmware hashes len bytes at data; event is what the log says of them. */
struct firmware_event {
	uint32_t pcr, type;
	const uint8_t *data;
	size_t len;
	const uint8_t *text; /* UTF-16LE with its NUL */
	size_t text_len;     /* bytes, at most FIRMWARE_TEXT_MAX */
};

#define FIRMWARE_TEXT_MAX 18u /* a section name of 8 characters and the NUL */

enum firmware_memory { FIRMWARE_CODE, FIRMWARE_DATA };

/* What a range of pages may be used for from now on. */
enum firmware_access { ACCESS_READ, ACCESS_READ_WRITE, ACCESS_READ_EXECUTE, ACCESS_ALL };

/* A kernel laid out in memory, and the bytes that become its LoadOptions. */
struct firmware_kernel {
	uint8_t *base;
	size_t len; /* SizeOfImage */
	uint32_t entry_rva;
	uint8_t *options;     /* UTF-16LE with its NUL */
	uint32_t options_len; /* bytes */
};

struct initrd;

struct firmware {
	void *context; /* first parameter of every function below */

	/* Where this image was loaded, and its size there. */
	struct status (*own_image)(void *context, const uint8_t **out_base, size_t *out_len);

	/* Which measurers there are. Neither is a set of 0; a TPM without an active bank fails. */
	struct status (*measurers)(void *context, unsigned *out_set);

	/* Extends one measurer. An event log that is full is no failure: the PCR is extended. */
	struct status (*extend)(
		void *context, enum measurer measurer, const struct firmware_event *event);

	/* Whether somebody offers an initrd by LoadFile2. */
	struct status (*initrd_offered)(void *context, bool *out_offered);

	/* Offers an initrd; *initrd stays the caller's, in place. */
	struct status (*offer_initrd)(void *context, const struct initrd *initrd);

	/* Pages for len bytes; a NULL pointer when there are none. */
	void *(*alloc)(void *context, enum firmware_memory kind, size_t len);

	/* Sets what whole pages may be used for; does nothing on firmware that cannot. */
	struct status (*protect)(
		void *context, const void *pages, size_t len, enum firmware_access access);

	/* Calls the kernel in this image's name. Comes back only when that failed. */
	struct status (*start)(void *context, const struct firmware_kernel *kernel);

	/* ASCII; "\n" ends a line. */
	void (*print)(void *context, const char *text);

	/* Switches the machine off and does not come back, whatever the firmware does. */
	void (*power_off)(void *context);
};

#endif
