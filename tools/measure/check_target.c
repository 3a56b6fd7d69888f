/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/check_target.h"

#include <string.h>
#include "tools/lib/json_read.h"
#include "tools/lib/report.h"
#include "tools/measure/cause/cause.h"
#include "tools/measure/predict_boot.h"

#define FILE_MAX     (16u << 20)
#define PROFILES_MAX 4u

static bool has_policy_members(const struct mapped *file)
{
	static const char *const members[] = {"sets", "bank", "tenant", "max_nodes", "revoked",
		"allow_missing", "accepted", "may_change", "identity", "evidence"};
	struct flaw flaw = {0};
	struct json_object *root = json_parse(file->data, file->len, FILE_MAX, &flaw);
	bool any = false;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		any |= json_object_is_type(root, json_type_object) &&
		       json_object_object_get_ex(root, members[i], NULL) &&
		       !json_object_object_get_ex(root, "events", NULL);
	json_object_put(root);
	return any;
}

/* What a file only warns about decides nothing, as in a policy's set. */
static void leave_out_warned(struct check_target *target)
{
	struct register_values *values = &target->values;

	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		values->known[bank] &= ~values->warned;
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (values->warned >> pcr & 1)
			boot_unknown(&target->boot, pcr, "the file only warns about it (warnOnly)");
}

static bool read_json(const char *path, const struct mapped *file, struct check_target *target)
{
	struct failure f;

	if (!has_policy_members(file)) {
		if (!measurements_parse(
			    path, file->data, file->len, &target->boot, &target->values))
			return false;
		leave_out_warned(target);
		return true;
	}
	f = policy_parse((const char *)file->data, file->len, &target->policy);
	return !f.happened || complain("%s: %s", path, f.text);
}

static bool is_json(const char *path)
{
	struct mapped file;
	size_t at = 0;
	bool json;

	if (strchr(path, ':') || !file_map(path, &file))
		return false;
	while (at < file.len && strchr(" \t\r\n", file.data[at]) && file.data[at])
		at++;
	json = at < file.len && file.data[at] == '{';
	file_unmap(&file);
	return json;
}

bool check_target_open(
	const char *path, const struct measure_request *request, struct check_target *target)
{
	struct mapped file;
	bool before = report_quiet(true), json = is_json(path), good;

	report_quiet(before);
	*target = (struct check_target){.request = *request, .is_image = !json};
	boot_init(&target->boot);
	if (!json) {
		request_image(&target->request, path);
		return predict_boot(&target->request, &target->boot);
	}
	if (!file_map(path, &file))
		return false;
	good = read_json(path, &file, target);
	file_unmap(&file);
	return good;
}

void check_target_free(struct check_target *target)
{
	boot_free(&target->boot);
	policy_free(target->policy);
	target->policy = NULL;
}

void check_target_set(const struct check_target *target, size_t set, struct register_values *out)
{
	const struct policy_set *s = &target->policy->sets[set];
	enum bank bank = target->policy->bank == bank_alg(BANK_SHA384) ? BANK_SHA384 : BANK_SHA256;

	*out = (struct register_values){.banks = BANK_BIT(bank)};
	out->known[bank] = s->enforced;
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++)
		memcpy(out->pcr[bank][pcr], s->expected[pcr], target->policy->digest_len);
}

/* The prediction is of a machine with Secure Boot on: so it was asked, or its variables say. */
static bool predicted_on(const struct check_target *target)
{
	const struct boot *boot = &target->boot;

	for (size_t i = 0; i < boot->count; i++) {
		const struct boot_event *e = &boot->events[i];

		if (e->rule == RULE_SECURE_BOOT_VARIABLE && strcmp(e->subject, "SecureBoot") == 0)
			return e->data_len && e->data[e->data_len - 1] == 1;
	}
	return target->request.firmware.secure_boot == SECURE_BOOT_ON;
}

/* What is assumed otherwise, number n; false: no more. *text NULL: this one says nothing new. */
static bool assume(const struct check_target *target, struct measure_request *request, unsigned n,
	struct check_variant *out)
{
	static const enum stub_dialect dialects[] = {STUB_SYSTEMD_252, STUB_SYSTEMD_254,
		STUB_SYSTEMD_256, STUB_SYSTEMD_257, STUB_SYSTEMD_258, STUB_SYSTEMD_261,
		STUB_SYSTEMD_262, STUB_LANZABOOTE, STUB_PROTOSTAR};
	static const struct {
		enum secure_boot state;
		unsigned form;
		const char *text;
	} states[] = {{SECURE_BOOT_UNSET, SECURE_BOOT_FORM_UNSET,
			      "Secure Boot is off and its variable has no data"},
		{SECURE_BOOT_OFF, SECURE_BOOT_FORM_OFF,
			"Secure Boot is off and its variable is one byte 00"},
		{SECURE_BOOT_ON, SECURE_BOOT_FORM_ON, "Secure Boot is on"}};
	unsigned dialect_count = sizeof(dialects) / sizeof(dialects[0]);

	if (n < dialect_count) {
		out->contradicted = request->stub.dialect == STUB_AUTO; /* the image tells it */
		request->stub.dialect = dialects[n];
		out->cause = "stub-version";
		out->text = boot_text(&out->boot, "the stub is %s", stub_dialect_name(dialects[n]));
		return true;
	}
	n -= dialect_count;
	if (n < 3) {
		out->cause = n == 2 || predicted_on(target) ? "secure-boot"
							    : "secure-boot-variable-form";
		out->text = states[n].text;
		out->secure_boot = 1 + states[n].form;
		request->firmware.secure_boot = states[n].state;
		return true;
	}
	n -= 3;
	request->stub.profile = n;
	out->cause = "profile";
	out->text = boot_text(&out->boot, "the image's profile is %u", n);
	return n < PROFILES_MAX;
}

bool check_target_vary(void *context, size_t index, struct check_variant *out)
{
	struct check_target *target = context;

	(void)index;
	for (;;) {
		struct measure_request request = target->request;
		bool quiet, good;

		*out = (struct check_variant){0};
		boot_init(&out->boot);
		if (!assume(target, &request, target->next++, out)) {
			boot_free(&out->boot);
			return false;
		}
		quiet = report_quiet(true);
		good = predict_boot(&request, &out->boot);
		report_quiet(quiet);
		if (good)
			return true;
		boot_free(&out->boot);
	}
}
