/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/content/findings.h"

#include <stdlib.h>
#include "tools/lib/json_text.h"

static const struct {
	const char *name;
	const char *sign;
	const char *colour;
} changes[] = {
	[FINDING_CHANGED] = {"changed", "~", "\033[33m"},
	[FINDING_REMOVED] = {"only in A", "-", "\033[31m"},
	[FINDING_ADDED] = {"only in B", "+", "\033[32m"},
	[FINDING_MOVED] = {"moved", ">", "\033[36m"},
	[FINDING_UNREADABLE] = {"unreadable", "!", "\033[35m"},
};

static const char *copied(const char *text)
{
	return text ? must_dup(text) : NULL;
}

static void take(void *context, const struct finding *finding)
{
	struct findings *all = context;
	struct finding *mine;

	if (all->count == FINDINGS_MAX) {
		all->left_out++;
		return;
	}
	if (all->count == all->capacity) {
		all->capacity = all->capacity ? 2 * all->capacity : 16;
		all->list = must_realloc(all->list, all->capacity, sizeof(*all->list));
	}
	mine = &all->list[all->count++];
	*mine = *finding;
	for (size_t i = 0; i < finding->depth; i++)
		mine->path[i] = must_dup(finding->path[i]);
	mine->aspect = must_dup(finding->aspect);
	mine->a = copied(finding->a);
	mine->b = copied(finding->b);
	mine->remark = copied(finding->remark);
}

struct finding_sink findings_sink(struct findings *findings)
{
	return (struct finding_sink){.take = take, .context = findings};
}

/* The texts are ours: take() made them. */
static void release(const char *text)
{
	free((void *)(uintptr_t)text);
}

static void release_one(const struct finding *f)
{
	for (size_t i = 0; i < f->depth; i++)
		release(f->path[i]);
	release(f->aspect);
	release(f->a);
	release(f->b);
	release(f->remark);
}

void findings_keep_measured(struct findings *findings)
{
	size_t kept = 0;

	for (size_t i = 0; i < findings->count; i++) {
		if (findings->list[i].left_unmeasured)
			release_one(&findings->list[i]);
		else
			findings->list[kept++] = findings->list[i];
	}
	findings->count = kept;
}

bool findings_same(const struct findings *findings, bool measured_only)
{
	for (size_t i = 0; i < findings->count; i++)
		if (!measured_only || !findings->list[i].left_unmeasured)
			return false;
	return true;
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		release_one(&findings->list[i]);
	free(findings->list);
	*findings = (struct findings){0};
}

static void put_values(const struct finding *f, struct bytes *out)
{
	if (f->a && f->b)
		bytes_addf(out, ": %s -> %s", f->a, f->b);
	else if (f->a || f->b)
		bytes_addf(out, ": %s", f->a ? f->a : f->b);
}

static void put_line(const struct finding *f, const char *indent, bool colour, struct bytes *out)
{
	bytes_addf(out, "%s%s%s ", indent, colour ? changes[f->change].colour : "",
		changes[f->change].sign);
	for (size_t i = 0; i < f->depth; i++)
		bytes_addf(out, "%s%s", i ? " / " : "", f->path[i]);
	if (colour)
		bytes_add_text(out, "\033[0m");
	bytes_addf(out, ": %s", f->aspect);
	put_values(f, out);
	if (f->change != FINDING_CHANGED)
		bytes_addf(out, " (%s)", changes[f->change].name);
	if (f->remark)
		bytes_addf(out, "; %s", f->remark);
	if (f->left_unmeasured)
		bytes_add_text(out, " [not measured]");
	bytes_add_text(out, "\n");
}

void findings_text(
	const struct findings *findings, const char *indent, bool colour, struct bytes *out)
{
	for (size_t i = 0; i < findings->count; i++)
		put_line(&findings->list[i], indent, colour, out);
	if (findings->left_out)
		bytes_addf(out, "%sand %zu more\n", indent, findings->left_out);
}

static void put_text(struct json_text *json, const char *key, const char *text)
{
	if (text)
		json_string(json, key, text);
}

static void put_object(const struct finding *f, struct json_text *json)
{
	json_open(json, NULL, '{');
	json_string(json, "change", changes[f->change].name);
	json_open(json, "path", '[');
	for (size_t i = 0; i < f->depth; i++)
		json_string(json, NULL, f->path[i]);
	json_close(json);
	json_string(json, "aspect", f->aspect);
	put_text(json, "a", f->a);
	put_text(json, "b", f->b);
	put_text(json, "remark", f->remark);
	json_flag(json, "measured", !f->left_unmeasured);
	json_close(json);
}

void findings_json(const struct findings *findings, struct json_text *json, const char *key)
{
	json_open(json, key, '[');
	for (size_t i = 0; i < findings->count; i++)
		put_object(&findings->list[i], json);
	json_close(json);
}
