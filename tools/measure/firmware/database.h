/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signature databases of a boot (PK, KEK, db, dbx, dbt) as firmware holds them: from a variable
 * store, or put together of lists and certificates in files.
 */
#ifndef TOOLS_MEASURE_FIRMWARE_DATABASE_H
#define TOOLS_MEASURE_FIRMWARE_DATABASE_H

#include "tools/lib/vars_store.h"
#include "tools/measure/model/boot.h"

#define FIRMWARE_LISTS_MAX 16u /* files for one variable */

/* The signature databases, in the order in which they are measured. */
enum { LIST_PK, LIST_KEK, LIST_DB, LIST_DBX, LIST_DBT, LIST_DBR, LIST_COUNT };

/* One variable: its contents in a row, and which files they are from. */
struct database {
	bool set;
	const uint8_t *data; /* lives as long as the boot */
	size_t len;
	struct boot_piece pieces[FIRMWARE_LISTS_MAX];
	size_t piece_count;
};

/* The variable's name and the text of its vendor GUID, by LIST_PK and so on. */
const char *database_name(unsigned list);
const char *database_vendor(unsigned list);

/*
 * Reads the files of one variable, LIST_PK and so on. A file is a row of EFI_SIGNATURE_LISTs, as
 * efivarfs shows them too, a signed update (.auth), or X.509 certificates; "GUID:FILE" says the
 * certificates' owner, which is zeros otherwise.
 */
bool database_from_files(struct database *out, struct boot *boot, unsigned list,
	const char *const *files, size_t count);
/* Takes the variable as a store has it; what was not set stays unset. */
bool database_from_store(
	struct database *out, const struct vars_store *store, unsigned list, const char *source);

/* Appends len bytes from at on of the contents to an event, as pieces. */
bool database_pieces(const struct database *database, size_t at, size_t len, struct boot *boot,
	struct boot_event *event);

#endif
