/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/secure_variables.h"

#include <string.h>
#include "tools/lib/file.h"
#include "tools/lib/report.h"
#include "tools/lib/signature_list.h"
#include "tools/lib/vars_store.h"

#define CERTIFICATE_MAX (1u << 20) /* bytes */

/* Who put the entries there: nobody but this program uses the GUID. */
#define OWNER "b2c8a2d6-4f0d-4c07-8e5e-7c1f6b1f9a3e"

/* Non-volatile, for boot services and run time; its writes must be signed, with a time. */
#define KEY_ATTRIBUTES 0x27u
/* Non-volatile, for boot services alone. */
#define FLAG_ATTRIBUTES 0x03u

#define PLATFORM_KEY "PK"
#define EXCHANGE_KEY "KEK"
#define DATABASE     "db"
#define ENABLED	     "SecureBootEnable"

bool secure_certificate_read(const char *path, struct bytes *out_list)
{
	uint8_t owner[GUID_LEN];
	enum signature_file kind;
	struct bytes file = {0};
	struct flaw flaw;
	size_t offset;
	bool fine = file_read(path, CERTIFICATE_MAX, &file) && guid_parse(OWNER, owner);

	if (fine)
		fine = signatures_from_file(
			       file.data, file.len, owner, out_list, &kind, &offset, &flaw) ||
		       flaw_complain(path, &flaw);
	bytes_free(&file);
	if (fine && kind != SIGNATURE_FILE_DER && kind != SIGNATURE_FILE_PEM)
		return complain("%s is no certificate: it takes PEM or DER", path);
	return fine;
}

static bool add(struct bytes *file, const char *vendor, const char *name, uint32_t attributes,
	const struct bytes *data, const char *source)
{
	const struct vars_addition addition = {.vendor = vendor,
		.name = name,
		.attributes = attributes,
		.data = data->data,
		.len = data->len};
	struct flaw flaw;

	return vars_store_add(file->data, file->len, &addition, &flaw) ||
	       flaw_complain(source, &flaw);
}

bool secure_variables_enroll(struct bytes *file, const char *source, const struct bytes *list)
{
	uint8_t on = 1;
	const struct bytes enabled = {.data = &on, .len = 1};
	struct vars_store store;
	struct flaw flaw;
	bool fresh;

	if (!vars_store_read(file->data, file->len, &store, &flaw))
		return flaw_complain(source, &flaw);
	fresh = !vars_store_find(&store, EFI_GLOBAL_VARIABLE_GUID, PLATFORM_KEY);
	vars_store_free(&store);
	if (!fresh)
		return complain("%s has Secure Boot keys already: --vars takes variables without "
				"any, such as OVMF_VARS_4M.fd",
			source);
	return add(file, EFI_GLOBAL_VARIABLE_GUID, PLATFORM_KEY, KEY_ATTRIBUTES, list, source) &&
	       add(file, EFI_GLOBAL_VARIABLE_GUID, EXCHANGE_KEY, KEY_ATTRIBUTES, list, source) &&
	       add(file, EFI_IMAGE_SECURITY_GUID, DATABASE, KEY_ATTRIBUTES, list, source) &&
	       add(file, EFI_SECURE_BOOT_ENABLE_GUID, ENABLED, FLAG_ATTRIBUTES, &enabled, source);
}

bool secure_variables_check(const struct bytes *file, const char *source, const struct bytes *list)
{
	const struct variable *db;
	struct vars_store store;
	struct flaw flaw;
	bool same;

	if (!vars_store_read(file->data, file->len, &store, &flaw))
		return flaw_complain(source, &flaw);
	db = vars_store_find(&store, EFI_IMAGE_SECURITY_GUID, DATABASE);
	same = db && db->len == list->len && memcmp(db->data, list->data, list->len) == 0;
	vars_store_free(&store);
	return same || complain("%s trusts another certificate than --sign-cert: remove it, and it "
				"is made anew",
			       source);
}
