/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy file as a whole. json-c does the tokenizing; whatever it lets through is still refused
 * unless a table of members names it.
 */
#include "tools/policy/policy_json.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/json_plain.h"
#include "tools/lib/json_read.h"
#include "tools/lib/printable.h"

#define JSON_DEPTH_MAX 8   /* a policy nests five deep */
#define NAME_SHOWN_MAX 40u /* characters */

static bool is_word(struct json_object *value, const char *word)
{
	return json_object_is_type(value, json_type_string) &&
	       (size_t)json_object_get_string_len(value) == strlen(word) &&
	       strcmp(json_object_get_string(value), word) == 0;
}

static struct failure read_bank(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	if (is_word(value, "sha256"))
		p->bank = DIGEST_SHA256;
	else if (is_word(value, "sha384"))
		p->bank = DIGEST_SHA384;
	else
		return refuse("\"bank\" must be \"sha256\" or \"sha384\"");
	p->digest_len = digest_len(p->bank);
	return failure_none();
}

static struct failure read_epoch(struct policy *p, void *into, struct json_object *value)
{
	uint64_t v;

	(void)into;
	TRY_FAILURE(policy_read_number(value, 1, UINT32_MAX, &v, "\"epoch\""));
	p->epoch = (uint32_t)v;
	return failure_none();
}

static struct failure read_tenant(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	return policy_read_name(value, 1, p->tenant, "\"tenant\"");
}

static struct failure read_max_nodes(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	return policy_read_number(value, 0, INT64_MAX, &p->max_nodes, "\"max_nodes\"");
}

static struct failure read_pin_ak(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	if (!json_object_is_type(value, json_type_boolean))
		return refuse("\"pin_ak\" must be true or false");
	p->pin_ak = json_object_get_boolean(value);
	return failure_none();
}

static struct failure read_wrap(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	p->classical_wrap = is_word(value, "classical");
	if (!p->classical_wrap && !is_word(value, "hybrid"))
		return refuse("\"wrap\" must be \"hybrid\" or \"classical\"");
	return failure_none();
}

static struct failure read_join_material(struct policy *p, void *into, struct json_object *value)
{
	const char *path = json_object_get_string(value);

	(void)into;
	if (!json_object_is_type(value, json_type_string) || !path[0] ||
		strlen(path) != (size_t)json_object_get_string_len(value))
		return refuse("\"join_material_file\" must be the path of a file");
	free(p->join_material_file);
	p->join_material_file = strdup(path);
	return p->join_material_file ? failure_none() : refuse("out of memory");
}

/* An array of hex strings of len bytes each, into a new block of memory. */
static struct failure read_hex_list(struct policy *p, struct json_object *value, size_t len,
	void *out_list, size_t *out_count, const char *what)
{
	size_t count;
	uint8_t *list;

	if (!json_object_is_type(value, json_type_array))
		return refuse("\"revoked\": \"%s\" must be an array", what);
	count = json_object_array_length(value);
	if (count > POLICY_REVOKED_MAX)
		return refuse(
			"\"revoked\": \"%s\" has more than %u members", what, POLICY_REVOKED_MAX);
	list = calloc(count ? count : 1, len);
	if (!list)
		return refuse("out of memory");
	for (size_t i = 0; i < count; i++) {
		policy_path_enter_index(p->path, i);
		if (!policy_read_hex(json_object_array_get_idx(value, i), list + i * len, len)) {
			free(list);
			return refuse("\"revoked\": \"%s\" must hold strings of %zu hex digits",
				what, 2 * len);
		}
		policy_path_leave(p->path);
	}
	memcpy(out_list, &list, sizeof(list));
	*out_count = count;
	return failure_none();
}

static struct failure read_revoked_nodes(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	return read_hex_list(
		p, value, TPM_NAME_LEN, &p->revoked_nodes, &p->revoked_node_count, "nodes");
}

static struct failure read_revoked_disks(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	return read_hex_list(
		p, value, DISK_ID_LEN, &p->revoked_disks, &p->revoked_disk_count, "disks");
}

/* A name that revokes nothing is a misspelling that would leave a set allowed. */
static struct failure read_revoked_sets(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	if (!json_object_is_type(value, json_type_array))
		return refuse("\"revoked\": \"sets\" must be an array");
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		char name[POLICY_NAME_MAX + 1];
		bool found = false;

		policy_path_enter_index(p->path, i);
		TRY_FAILURE(policy_read_name(
			json_object_array_get_idx(value, i), 1, name, "a revoked set"));
		for (size_t s = 0; s < p->set_count; s++) {
			if (strcmp(p->sets[s].name, name) == 0)
				p->sets[s].revoked = found = true;
		}
		if (!found)
			return refuse("the revoked set \"%s\" is not in \"sets\"", name);
		policy_path_leave(p->path);
	}
	return failure_none();
}

static const struct policy_member revoked_members[] = {
	{"nodes", read_revoked_nodes},
	{"disks", read_revoked_disks},
	{"sets", read_revoked_sets},
};

static struct failure read_revoked(struct policy *p, void *into, struct json_object *value)
{
	return policy_read_members(p, into, value, MEMBERS(revoked_members), "\"revoked\"");
}

/* In the order in which they are read: sets need the bank, revocations the sets. */
static const struct policy_member policy_members[] = {
	{"bank", read_bank},
	{"allow_missing", policy_read_allow_missing},
	{"identity", policy_read_identity},
	{"evidence", policy_read_evidence},
	{"sets", policy_read_sets},
	{"measurements", policy_read_only_set},
	{"epoch", read_epoch},
	{"tenant", read_tenant},
	{"max_nodes", read_max_nodes},
	{"pin_ak", read_pin_ak},
	{"wrap", read_wrap},
	{"join_material_file", read_join_material},
	{"revoked", read_revoked},
	{"may_change", policy_read_may_change},
	{"accepted", policy_read_accepted},
};

static struct failure read_policy(struct policy *p, struct json_object *root)
{
	TRY_FAILURE(policy_read_members(p, NULL, root, MEMBERS(policy_members), "the policy"));
	if (json_object_object_get_ex(root, "sets", NULL) ==
		json_object_object_get_ex(root, "measurements", NULL))
		return refuse("the policy must have either \"sets\" or \"measurements\"");
	if (!p->identity.rules)
		return policy_lacks_identity();
	if (!p->digest_len) {
		p->bank = DIGEST_SHA256;
		p->digest_len = digest_len(p->bank);
	}
	p->pcr_mask = POLICY_FIRMWARE_PCRS;
	for (size_t i = 0; i < p->set_count; i++) {
		p->pcr_mask |= p->sets[i].enforced | p->sets[i].warned;
		p->kinds |= p->sets[i].kinds;
		if (!json_object_object_get_ex(root, "epoch", NULL) && p->epoch < p->sets[i].epoch)
			p->epoch = p->sets[i].epoch;
	}
	TRY_FAILURE(policy_check_identity(p));
	return policy_check_seals(p);
}

static void find_place(const char *text, size_t at, size_t *line, size_t *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < at; i++) {
		*line += text[i] == '\n';
		*column = text[i] == '\n' ? 1 : *column + 1;
	}
}

/* The line and column at which the tokenizer stopped. */
static struct failure not_json(const char *text, size_t at, const char *what)
{
	size_t line, column;

	find_place(text, at, &line, &column);
	return refuse("line %zu, column %zu: not JSON: %s", line, column, what);
}

/* json-c would keep the last of two members and drop what the first one forbids. */
static struct failure check_names(const char *text, size_t len)
{
	const char *begin, *end;
	size_t line, column;
	struct failure f;
	struct flaw flaw;
	char *name;

	if (json_names_differ((const uint8_t *)text, len, &flaw))
		return failure_none();
	find_place(text, flaw.offset, &line, &column);
	begin = text + flaw.offset + 1;
	end = memchr(begin, '"', (size_t)(text + len - begin));
	name = printable(begin, (size_t)((end ? end : begin) - begin), NAME_SHOWN_MAX);
	f = refuse("line %zu, column %zu, \"%s\": %s", line, column, name, flaw.reason);
	free(name);
	return f;
}

/* One JSON value and nothing after it but white space. *out may get NULL, for null. */
static struct failure tokenize(const char *text, size_t len, struct json_object **out)
{
	enum json_tokener_error error;
	struct json_tokener *tok;
	struct json_object *root;
	struct json_plain plain;
	struct flaw flaw;
	size_t end;

	if (!json_plain_make((const uint8_t *)text, len, &plain, &flaw))
		return not_json(text, flaw.offset, flaw.reason);
	tok = json_tokener_new_ex(JSON_DEPTH_MAX);
	if (!tok) {
		json_plain_free(&plain);
		return refuse("out of memory");
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	root = json_tokener_parse_ex(tok, plain.text, (int)plain.len);
	error = json_tokener_get_error(tok);
	end = json_plain_origin(&plain, json_tokener_get_parse_end(tok));
	json_plain_free(&plain);
	json_tokener_free(tok);
	while (end < len && strchr(" \t\r\n", text[end]) && text[end])
		end++;
	if (error == json_tokener_success && end == len) {
		*out = root;
		return failure_none();
	}
	json_object_put(root);
	if (error == json_tokener_continue)
		return not_json(text, len, "it ends too early");
	return not_json(text, end, json_tokener_error_desc(error));
}

static bool is_blank(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && text[at] && strchr(" \t\r\n", text[at]))
		at++;
	return at == len;
}

struct failure policy_parse(const char *text, size_t len, struct policy **out)
{
	struct policy_path at = {.depth = 0};
	struct json_object *root = NULL;
	struct failure f;
	struct policy *p;

	if (len > POLICY_FILE_MAX)
		return refuse("the policy is larger than 1 MiB");
	if (is_blank(text, len))
		return refuse("the file is empty");
	TRY_FAILURE(tokenize(text, len, &root));
	f = check_names(text, len);
	if (f.happened) {
		json_object_put(root);
		return f;
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		json_object_put(root);
		return refuse("out of memory");
	}
	memcpy(p->tenant, "default", sizeof("default"));
	p->max_nodes = UINT64_MAX;
	p->path = &at;
	f = read_policy(p, root);
	p->path = NULL;
	if (f.happened) {
		f = policy_path_locate(&at, text, len, &f);
		policy_free(p);
	} else {
		*out = p;
	}
	json_object_put(root);
	return f;
}
