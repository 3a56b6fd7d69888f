/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "efi/contract/measured.h"

enum { SECTION_IS_UNMEASURED, SECTION_IS_MEASURED };

#define UKI_SECTION(name, need, measured) {name, SECTION_##need, SECTION_IS_##measured},
const struct section_rule section_rules[] = {
#include "efi/contract/sections.def"
};
#undef UKI_SECTION

const unsigned section_rule_count = sizeof(section_rules) / sizeof(section_rules[0]);

static enum measured_result check_presence(const struct pe_image *image, const char **out_section)
{
	for (unsigned i = 0; i < section_rule_count; i++) {
		const struct section_rule *rule = &section_rules[i];
		enum measured_result result = MEASURED_OK;
		const uint8_t *data;
		size_t len, zeros;
		bool present = pe_find(image, rule->name, &data, &len, &zeros);

		if (!present && rule->need == SECTION_MANDATORY)
			result = MEASURED_MISSING;
		if (present && rule->need == SECTION_REFUSED)
			result = MEASURED_REFUSED;
		if (!result)
			continue;
		if (out_section)
			*out_section = rule->name;
		return result;
	}
	return MEASURED_OK;
}

static size_t name_size(const char *name)
{
	size_t len = 0;

	while (name[len])
		len++;
	return len + 1;
}

/* The two events of one section: its name with the NUL, then its contents. */
static bool emit(const struct pe_image *image, const char *name, measured_sink sink, void *context)
{
	struct measured_event event = {
		.pcr = MEASURED_PCR_SECTIONS,
		.type = EV_IPL,
		.data = (const uint8_t *)name,
		.len = name_size(name),
		.section = name,
	};
	const uint8_t *data;
	size_t len, zeros;

	if (!pe_find(image, name, &data, &len, &zeros))
		return true;
	if (!sink(context, &event))
		return false;
	event.data = data;
	event.len = len;
	event.zeros = zeros;
	return sink(context, &event);
}

enum measured_result measured_walk(
	const struct pe_image *image, measured_sink sink, void *context, const char **out_section)
{
	enum measured_result result = check_presence(image, out_section);

	if (result)
		return result;
	for (unsigned i = 0; i < section_rule_count; i++) {
		const struct section_rule *rule = &section_rules[i];

		if (!rule->measured || emit(image, rule->name, sink, context))
			continue;
		if (out_section)
			*out_section = rule->name;
		return MEASURED_STOPPED;
	}
	return MEASURED_OK;
}
