/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was started: PCR 4. */
#include <string.h>
#include "tools/lib/hex.h"
#include "tools/measure/cause/align.h"
#include "tools/measure/cause/cause.h"

#define PCR_DEVICES 2u

/* systemd-stub's device path for a kernel that it has loaded from memory. */
static const char stub_path_guid[] = "55c5d1f8-04cd-46b5-8a20-e56cbb3052d0";

static bool is_application(const struct logged_event *e)
{
	return e->type >= TCG_EFI_APPLICATION && e->type <= 0x80000005u;
}

static bool has_stub_path(const struct logged_event *e)
{
	uint8_t guid[GUID_LEN];

	return guid_parse(stub_path_guid, guid) &&
	       memmem(e->data, e->data_len, guid, sizeof(guid)) != NULL;
}

/* The application event before, which started this one. */
static bool follows_predicted_image(const struct gap *gap)
{
	for (size_t i = gap->first_logged; i-- > 0;)
		if (is_application(gap->alignment->logged[i]))
			return gap->alignment->match[i] != ALIGN_NONE ||
			       !gap->alignment->expected_count;
	return false;
}

static bool kernel_predicted(const struct gap *gap)
{
	for (size_t i = 0; i < gap->alignment->expected_count; i++)
		if (gap->alignment->expected[i]->rule == RULE_KERNEL_IMAGE)
			return true;
	return false;
}

bool cause_inner_kernel(const struct gap *gap, struct explanation *out)
{
	if (!gap->logged_count || gap->expected_count || !is_application(gap->logged[0]) ||
		kernel_predicted(gap) || !follows_predicted_image(gap) ||
		!has_stub_path(gap->logged[0]))
		return false;
	logged_describe(gap->check, gap->logged[0], &out->text);
	out->cause = CAUSE_INNER_KERNEL;
	out->certainty = CERTAINTY_LIKELY;
	out->logged = 1;
	return true;
}

bool cause_inner_kernel_missing(const struct gap *gap, struct explanation *out)
{
	if (!gap->expected_count || gap->logged_count ||
		gap->expected[0]->rule != RULE_KERNEL_IMAGE)
		return false;
	bytes_add_text(&out->text,
		"the kernel's digest is not in the log: systemd-stub 258 and later start it "
		"themselves, and earlier ones keep the firmware from measuring it when Secure Boot "
		"is on");
	out->cause = CAUSE_INNER_KERNEL_MISSING;
	out->certainty = CERTAINTY_LIKELY;
	out->expected = 1;
	return true;
}

/*
 * Drivers are of another type, and firmware measures them into PCR 2; what else it starts out of a
 * device's memory goes there too.
 */
static bool is_driver(const struct gap *gap)
{
	return gap->logged[0]->type != TCG_EFI_APPLICATION ||
	       (!gap->check->cc && gap->alignment->reg == PCR_DEVICES);
}

bool cause_application(const struct gap *gap, struct explanation *out)
{
	bool replaced = gap->expected_count && gap->expected[0]->type == TCG_EFI_APPLICATION;

	if (!gap->logged_count || !is_application(gap->logged[0]))
		return false;
	logged_describe(gap->check, gap->logged[0], &out->text);
	if (replaced)
		bytes_addf(&out->text, "; predicted %s", gap->expected[0]->what);
	out->cause = replaced	      ? CAUSE_IMAGE
		     : is_driver(gap) ? CAUSE_EXTRA_DRIVER
				      : CAUSE_EXTRA_APPLICATION;
	out->certainty = CERTAINTY_LIKELY;
	out->expected = replaced;
	out->logged = 1;
	return true;
}
