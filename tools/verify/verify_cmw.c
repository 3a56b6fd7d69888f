/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/verify_cmw.h"

#include <string.h>

#include "tools/attest/statement.h"
#include "tools/evidence/ear/cmw.h"
#include "tools/lib/file.h"
#include "tools/lib/report.h"

/* Of a record with the longest statement: four characters for three bytes, and its type. */
#define RECORD_MAX (STATEMENT_MAX / 3u * 4u + 256u)

_Static_assert(RECORD_MAX <= CMW_MAX, "every statement can be read back");

/* One record of a statement; anything else is no evidence that is known here. */
static bool unwrap(const char *path, struct span text, struct bytes *out)
{
	const struct cmw_item *record;
	struct cmw message;
	struct failure f = cmw_read_json(text, &message);
	bool ours;

	if (f.happened)
		return complain("%s: %s", path, f.text);
	record = &message.items[0];
	ours = record->form == CMW_MEDIA_TYPE &&
	       strcmp(record->media_type, STATEMENT_MEDIA_TYPE) == 0 &&
	       (!record->indicator || record->indicator & CMW_EVIDENCE) &&
	       record->value.len <= STATEMENT_MAX;
	if (ours)
		bytes_add(out, record->value.data, record->value.len);
	cmw_free(&message);
	return ours || complain("%s: the CMW is no record of " STATEMENT_MEDIA_TYPE, path);
}

bool statement_read(const char *path, struct bytes *out)
{
	struct bytes file = {0};
	bool fine = file_read(path, RECORD_MAX, &file);

	/* A statement begins with its label, which has no bracket. */
	if (fine && file.len && (file.data[0] == '[' || file.data[0] == '{'))
		fine = unwrap(path, (struct span){file.data, file.len}, out);
	else if (fine && file.len > STATEMENT_MAX)
		fine = complain("%s has more than %u bytes", path, STATEMENT_MAX);
	else if (fine)
		bytes_add(out, file.data, file.len);
	bytes_free(&file);
	return fine;
}

bool statement_write_cmw(const char *path, struct span statement)
{
	struct bytes text = {0};
	bool fine;

	cmw_write_json(STATEMENT_MEDIA_TYPE, statement, CMW_EVIDENCE, &text);
	fine = file_write(path, text.data, text.len);
	bytes_free(&text);
	return fine;
}
