/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/evidence/snp_rig.h"

#include <stdlib.h>
#include <string.h>

#include "tools/policy/policy_snp.h"

struct failure rig_expected(const char *json, struct snp_expected **out)
{
	struct json_object *value = json_tokener_parse(json);
	struct policy_path path = {.depth = 0};
	struct policy p = {.path = &path};
	struct failure f = value ? policy_read_snp_expected(&p, out, value) : refuse("no JSON");

	json_object_put(value);
	return f;
}

struct failure rig_trust(const char *json, const char *folder, struct snp_trust **out)
{
	struct json_object *value = json_tokener_parse(json);
	struct policy_path path = {.depth = 0};
	struct policy p = {.path = &path};
	struct snp_trust *t = NULL;
	struct failure f = value ? policy_read_snp_trust(&p, &t, value) : refuse("no JSON");

	json_object_put(value);
	if (!f.happened)
		f = snp_trust_load(t, folder);
	if (f.happened)
		rig_trust_free(t);
	else
		*out = t;
	return f;
}

void rig_trust_free(struct snp_trust *t)
{
	if (t)
		snp_trust_free(t);
	free(t);
}

struct failure rig_trust_chain(const struct snp_pki *p, const char *folder, struct snp_trust **out)
{
	static const char *const names[] = {"ark.pem", "ask.pem", "vek.pem"};
	const X509 *const certs[] = {p->ark, p->ask, p->vek};
	char text[256];

	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "%s/%s", folder, names[i]);
		snp_pki_write(certs[i], text);
	}
	snprintf(text, sizeof(text),
		"{\"roots\": [\"ark.pem\"], \"certificates\": [\"ask.pem\", \"vek.pem\"],"
		" \"products\": [\"%s\"], \"waive\": [\"crls\", \"chips\"]}",
		snp_product_name(p->spec.product));
	return rig_trust(text, folder, out);
}

struct span rig_file(const char *folder, const char *name, uint8_t *buffer, size_t cap)
{
	char path[512];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (!f) {
		perror(path);
		abort();
	}
	len = fread(buffer, 1, cap, f);
	if (ferror(f) || fgetc(f) != EOF) {
		fprintf(stderr, "%s: longer than %zu bytes\n", path, cap);
		abort();
	}
	fclose(f);
	return (struct span){buffer, len};
}
