/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads edk2's authenticated variable store, as OVMF keeps it in an NVRAM file (VARS.fd, or the
 * head of an image that holds code and variables).
 *
 * The store is the first volume of the file, or stands behind others in a row; it is not searched
 * for. Who reads files of people refuses containers first (container.h).
 *
 * Layout (edk2: VariableFormat.h): a firmware volume header whose GUID says that it holds
 * variables, a store header, then variables, each with a state byte whose bits are cleared as the
 * variable is written, replaced and deleted. The areas behind the store, which make writes survive
 * a power cut, are not looked at: firmware finishes an interrupted write before it measures, and
 * what lies there is no variable yet.
 *
 * Every byte is hostile. Nothing is copied: names and contents borrow from the bytes given, which
 * must outlive the struct. Order: vars_store_read(), vars_store_find() or a walk over the array,
 * vars_store_free().
 */
#ifndef TOOLS_LIB_VARS_STORE_H
#define TOOLS_LIB_VARS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/flaw.h"
#include "tools/lib/hex.h"

#define VARS_MAX 4096u /* variables in one store */

#define EFI_GLOBAL_VARIABLE_GUID    "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define EFI_IMAGE_SECURITY_GUID	    "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
#define EFI_SECURE_BOOT_ENABLE_GUID "f0a30bc7-af08-4556-99c4-001009c93a44"

struct variable {
	const uint8_t *vendor; /* GUID_LEN bytes, as on disk */
	const uint8_t *name;   /* UTF-16LE with its NUL */
	size_t name_len;       /* bytes */
	uint32_t attributes;
	const uint8_t *data;
	size_t len;	 /* bytes at data */
	uint64_t offset; /* of data in the file */
};

struct vars_store {
	struct variable *variables; /* those that are set, in the order in which they lie */
	size_t count;
};

/*
 * Finds the store in a file of len bytes and reads it. *out is written when it returns true, *flaw
 * otherwise; a file without a store is a flaw too.
 */
bool vars_store_read(const uint8_t *file, size_t len, struct vars_store *out, struct flaw *flaw);
void vars_store_free(struct vars_store *store);

/* Whether there is a store in these bytes at all, sound or not. */
bool vars_store_present(const uint8_t *file, size_t len);

/* The variable of this vendor (text of a GUID) and ASCII name; NULL: it is not set. */
const struct variable *vars_store_find(
	const struct vars_store *store, const char *vendor, const char *name);

/* A variable to be added. */
struct vars_addition {
	const char *vendor; /* text of a GUID */
	const char *name;   /* ASCII */
	uint32_t attributes;
	const uint8_t *data;
	size_t len; /* bytes at data */
};

/*
 * Writes a variable that is not set yet behind the others, as firmware does; its count, time and
 * key index are 0. False, with *flaw and the file as it was, when there is no room or no store.
 */
bool vars_store_add(
	uint8_t *file, size_t len, const struct vars_addition *addition, struct flaw *flaw);

#endif
