/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bundle/bundle_policy.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/bundle/bundle_names.h"
#include "tools/lib/bytes.h"
#include "tools/lib/private_file.h"
#include "tools/policy/policy_folder.h"

struct reading {
	struct bundle_policy *into;
	const char *folder;
};

/* A page of locked memory is the least, so an empty file has one, too. */
static struct failure keep(const void *bytes, size_t len, struct locked_bytes *out)
{
	TRY_FAILURE(locked_bytes_new(len ? len : 1, out));
	if (len)
		memcpy(out->data, bytes, len);
	out->len = len;
	return failure_none();
}

/* What everybody may read. */
static struct failure keep_trusted(const char *path, size_t max, struct locked_bytes *out)
{
	char *text = must_alloc(max);
	size_t len = 0;
	struct failure f = trusted_file_read(path, text, max, &len);

	if (!f.happened)
		f = keep(text, len, out);
	free(text);
	return f;
}

static struct failure keep_secret(const char *path, struct locked_bytes *out)
{
	SECRET_AUTO bytes = {0};

	TRY_FAILURE(private_file_read(path, JOIN_MATERIAL_MAX, &bytes, NULL));
	return keep(bytes.bytes, bytes.len, out);
}

static bool is_there(const struct bundle_policy *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->names[i], name) == 0)
			return true;
	return false;
}

static struct failure take_file(void *context, const char *name, bool secret)
{
	struct reading *r = context;
	struct bundle_policy *p = r->into;
	struct span words = {(const uint8_t *)name, strlen(name)};
	char path[PATH_MAX];
	size_t at = p->count;

	if (!bundle_name_good(words))
		return refuse("the policy names %.200s: a bundle can carry files only that it "
			      "names relative to its own folder, below it",
			name);
	if (is_there(p, name))
		return failure_none();
	if (at == BUNDLE_FILES_MAX)
		return refuse("the policy names more than %u files", BUNDLE_FILES_MAX);
	TRY_FAILURE(policy_file_path(r->folder, name, path));
	TRY_FAILURE(secret ? keep_secret(path, &p->contents[at])
			   : keep_trusted(path, BUNDLE_FILE_MAX, &p->contents[at]));
	p->names[at] = must_dup(name);
	p->files[at] = (struct bundle_file){{(const uint8_t *)p->names[at], words.len},
		{p->contents[at].data, p->contents[at].len}};
	p->count++;
	return failure_none();
}

struct failure bundle_policy_read(const char *path, struct bundle_policy *out)
{
	char folder[PATH_MAX];
	struct reading r = {out, folder};
	struct policy *p = NULL;
	struct failure f;

	memset(out, 0, sizeof(*out));
	TRY_FAILURE(policy_folder_of(path, folder));
	TRY_FAILURE(policy_load(path, &p));
	memcpy(out->tenant, p->tenant, sizeof(out->tenant));
	f = keep_trusted(path, POLICY_FILE_MAX, &out->text);
	if (!f.happened)
		f = policy_each_file(p, take_file, &r);
	policy_free(p);
	return f;
}

void bundle_policy_free(struct bundle_policy *p)
{
	for (size_t i = 0; i < BUNDLE_FILES_MAX; i++) {
		free(p->names[i]);
		locked_bytes_free(&p->contents[i]);
	}
	locked_bytes_free(&p->text);
	memset(p, 0, sizeof(*p));
}

void bundle_policy_lend(struct bundle_policy *p, struct bundle *b)
{
	b->policy = (struct span){p->text.data, p->text.len};
	b->files = p->files;
	b->file_count = p->count;
}

/* The folders above path's last part, from its byte `from` on. */
static struct failure make_folders(char *path, size_t from)
{
	for (char *at = path + from; (at = strchr(at, '/')); at++) {
		int made;

		*at = 0;
		made = mkdir(path, 0700);
		if (made && errno != EEXIST)
			return refuse("%.300s: %s", path, strerror(errno));
		*at = '/';
	}
	return failure_none();
}

static struct failure write_file(const char *folder, struct span name, struct span bytes)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%.*s", folder, (int)name.len,
		    (const char *)name.data) >= sizeof(path))
		return refuse("%.200s: the path is too long", folder);
	TRY_FAILURE(make_folders(path, strlen(folder) + 1));
	return private_file_create(path, bytes.data, bytes.len);
}

struct failure bundle_policy_write(const struct bundle *b, const char *folder)
{
	static const char name[] = BUNDLE_POLICY_NAME;

	for (size_t i = 0; i < b->file_count; i++)
		TRY_FAILURE(write_file(folder, b->files[i].name, b->files[i].bytes));
	return write_file(
		folder, (struct span){(const uint8_t *)name, sizeof(name) - 1}, b->policy);
}
