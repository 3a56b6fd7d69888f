/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/firmware/database.h"

#include <string.h>
#include "tools/lib/container.h"
#include "tools/lib/report.h"
#include "tools/lib/signature_list.h"

static const struct {
	const char *name, *vendor;
} variables[LIST_COUNT] = {
	[LIST_PK] = {"PK", EFI_GLOBAL_VARIABLE_GUID},
	[LIST_KEK] = {"KEK", EFI_GLOBAL_VARIABLE_GUID},
	[LIST_DB] = {"db", EFI_IMAGE_SECURITY_GUID},
	[LIST_DBX] = {"dbx", EFI_IMAGE_SECURITY_GUID},
	[LIST_DBT] = {"dbt", EFI_IMAGE_SECURITY_GUID},
	[LIST_DBR] = {"dbr", EFI_IMAGE_SECURITY_GUID},
};

const char *database_name(unsigned list)
{
	return variables[list].name;
}

const char *database_vendor(unsigned list)
{
	return variables[list].vendor;
}

/* Splits "GUID:FILE"; what has no GUID in front is a path as it stands. */
static const char *split_owner(const char *word, uint8_t owner[GUID_LEN])
{
	char text[GUID_TEXT] = "";

	memset(owner, 0, GUID_LEN);
	if (strlen(word) < GUID_TEXT || word[GUID_TEXT - 1] != ':')
		return word;
	memcpy(text, word, GUID_TEXT - 1);
	return guid_parse(text, owner) ? word + GUID_TEXT : word;
}

static bool add_file(struct database *database, struct bytes *all, struct boot *boot,
	const char *word, const char *name)
{
	uint8_t owner[GUID_LEN];
	const char *path = split_owner(word, owner);
	const struct mapped *file = boot_map_input(boot, path);
	struct boot_piece *piece = &database->pieces[database->piece_count];
	enum signature_file kind;
	struct bytes lists = {0};
	struct flaw flaw;
	size_t offset;

	if (!file)
		return false;
	if (!container_refuse(path, file->data, file->len))
		return false;
	if (!signatures_from_file(file->data, file->len, owner, &lists, &kind, &offset, &flaw)) {
		flaw_complain(path, &flaw);
		return complain("%s: what is taken for %s: signature lists (.esl), a signed update "
				"(.auth), a file of efivarfs, X.509 certificates in DER or PEM",
			path, name);
	}
	*piece = (struct boot_piece){.data = boot_keep(boot, lists.data, lists.len),
		.len = lists.len,
		.source = path,
		.offset = offset};
	if (kind == SIGNATURE_FILE_DER || kind == SIGNATURE_FILE_PEM) {
		piece->form = "a signature list";
		piece->offset = 0;
		piece->source_len = file->len;
	}
	database->piece_count++;
	bytes_add(all, lists.data, lists.len);
	bytes_free(&lists);
	return true;
}

bool database_from_files(struct database *out, struct boot *boot, unsigned list,
	const char *const *files, size_t count)
{
	struct bytes all = {0};
	bool fine = true;

	*out = (struct database){.set = count != 0};
	for (size_t i = 0; fine && i < count; i++)
		fine = add_file(out, &all, boot, files[i], variables[list].name);
	out->data = boot_keep(boot, all.data, all.len);
	out->len = all.len;
	bytes_free(&all);
	return fine;
}

bool database_from_store(
	struct database *out, const struct vars_store *store, unsigned list, const char *source)
{
	const struct variable *v = vars_store_find(
		store, variables[list].vendor, variables[list].name);
	struct flaw flaw;

	*out = (struct database){.set = v != NULL};
	if (!v)
		return true;
	if (!signatures_check(v->data, v->len, &flaw)) {
		flaw.offset += v->offset;
		return flaw_complain(source, &flaw);
	}
	out->data = v->data;
	out->len = v->len;
	out->pieces[0] = (struct boot_piece){
		.data = v->data, .len = v->len, .source = source, .offset = v->offset};
	out->piece_count = 1;
	return true;
}

bool database_pieces(const struct database *database, size_t at, size_t len, struct boot *boot,
	struct boot_event *event)
{
	size_t begin = 0;

	for (size_t i = 0; len && i < database->piece_count; i++) {
		struct boot_piece piece = database->pieces[i];
		size_t end = begin + piece.len;

		if (at < end) {
			size_t skip = at - begin;

			piece.data += skip;
			if (piece.form)
				piece.form = skip || len < piece.len ? "part of a signature list"
								     : piece.form;
			else
				piece.offset += skip;
			piece.len = len < piece.len - skip ? len : piece.len - skip;
			if (piece.len && !boot_piece(boot, event, &piece))
				return false;
			at += piece.len;
			len -= piece.len;
		}
		begin = end;
	}
	return true;
}
