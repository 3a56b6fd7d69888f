/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers of confidential VMs in the measurements file. */
#include <stdlib.h>
#include <string.h>
#include "tools/measure/output/full.h"

void put_cc(struct json_text *json, const struct boot *boot)
{
	json_open(json, "cc", '[');
	for (unsigned i = 0; i < BOOT_CC_COUNT; i++) {
		const struct boot_cc_value *cc = &boot->cc[i];

		if (!cc->asked)
			continue;
		json_open(json, NULL, '{');
		json_string(json, "register", boot_cc_name((enum boot_cc)i));
		json_flag(json, "known", !cc->unknown);
		if (cc->unknown)
			json_string(json, "reason", cc->unknown);
		else
			json_hex(json, "value", cc->value, BOOT_CC_LEN);
		json_number(json, "events", cc->events);
		if (i == BOOT_SNP_LAUNCH)
			json_flag(json, "kernelHashed", cc->kernel_hashed);
		if (cc->remark)
			json_string(json, "remark", cc->remark);
		if (cc->rule)
			json_string(json, "rule", cc->rule);
		json_close(json);
	}
	json_close(json);
}

static bool read_value(const struct json_at *at, struct boot *boot, struct boot_cc_value *out)
{
	struct json_at member;
	bool known;

	if (!json_member(at, "known", &member) || !json_get_bool(&member, &known))
		return false;
	if (json_has(at, known ? "reason" : "value", &member))
		return json_fault(&member, "a register has either a value or a reason");
	if (!known)
		return json_member(at, "reason", &member) &&
		       read_text(&member, boot, &out->unknown);
	return json_member(at, "value", &member) && json_get_hex(&member, out->value, BOOT_CC_LEN);
}

/* Of the launch digest only. Absent: it is of the firmware alone, for all that is known. */
static bool read_kernel_hashed(const struct json_at *at, enum boot_cc cc, bool *out)
{
	struct json_at member;

	if (!json_has(at, "kernelHashed", &member))
		return true;
	if (cc != BOOT_SNP_LAUNCH)
		return json_fault(&member, "this register covers no kernel that a VMM starts");
	return json_get_bool(&member, out);
}

static bool read_one(const struct json_at *at, struct boot *boot)
{
	static const char *const names[] = {
		"register", "known", "reason", "value", "events", "kernelHashed", "remark", "rule"};
	struct boot_cc_value read = {.asked = true};
	struct json_at member;
	const char *name;
	uint64_t events;
	enum boot_cc cc;

	if (!json_only(at, names, sizeof(names) / sizeof(names[0])) ||
		!json_member(at, "register", &member) || !json_get_text(&member, &name))
		return false;
	if (!boot_cc_by_name(name, &cc))
		return json_fault(&member, "this version knows no such register");
	if (boot->cc[cc].asked)
		return json_fault(&member, "the register is there twice");
	if (!read_value(at, boot, &read) || !json_member(at, "events", &member) ||
		!json_get_number(&member, BOOT_EVENTS_MAX, &events) ||
		!read_kernel_hashed(at, cc, &read.kernel_hashed) ||
		(json_has(at, "remark", &member) && !read_text(&member, boot, &read.remark)) ||
		(json_has(at, "rule", &member) && !read_text(&member, boot, &read.rule)))
		return false;
	read.events = (unsigned)events;
	boot->cc[cc] = read;
	return true;
}

bool read_cc(const struct json_at *root, struct boot *boot)
{
	struct json_at list, item;
	size_t count;

	if (!json_member(root, "cc", &list) || !json_list(&list, BOOT_CC_COUNT, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		item = json_item(&list, i);
		if (!read_one(&item, boot))
			return false;
	}
	return true;
}
