#include "tools/measure/output/policy_write.h"

#include <stdio.h>
#include <string.h>
#include "tools/lib/json_text.h"
#include "tools/lib/report.h"

#define NAME_MAX_CHARS 64u

static uint32_t named_pcrs(const struct policy_wish *wish, const struct policy_image *image)
{
	return (wish->pcrs ? wish->pcrs : OUTPUT_IMAGE_PCRS) & image->values.known[wish->bank];
}

static bool name_fits(const char *what, const char *name, size_t least)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (name[i] < 0x20 || name[i] > 0x7E)
			return complain("a %s must be printable ASCII", what);
	return (len >= least && len <= NAME_MAX_CHARS) ||
	       complain("a %s has %zu to %u characters: \"%s\"", what, least, NAME_MAX_CHARS, name);
}

/* What an attacker may do who needs not care for this PCR. */
static void warn_of_open_pcrs(const char *set, uint32_t enforced)
{
	static const struct {
		unsigned pcr;
		const char *open;
	} why[] = {
		{4, "another program may have run before the image"},
		{9, "the kernel may have got another command line or initrd"},
		{11, "it may be another image"},
		{12, "the stub may have been given another command line"},
		{15, "a machine whose init has started already may join"},
	};

	for (size_t i = 0; i < sizeof(why) / sizeof(why[0]); i++)
		if (!(enforced & 1u << why[i].pcr))
			report_error("warning: set \"%s\" does not enforce PCR %u: %s", set,
				why[i].pcr, why[i].open);
}

/* Each machine that matches one of the two matches the other too. */
static bool overlap(
	const struct policy_wish *wish, const struct policy_image *a, const struct policy_image *b)
{
	uint32_t of_a = named_pcrs(wish, a) & ~wish->warned;
	uint32_t of_b = named_pcrs(wish, b) & ~wish->warned;

	if ((of_a & ~of_b) && (of_b & ~of_a))
		return false;
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (of_a & of_b & 1u << pcr &&
			memcmp(a->values.pcr[wish->bank][pcr], b->values.pcr[wish->bank][pcr],
				bank_len(wish->bank)) != 0)
			return false;
	return true;
}

static bool image_fits(
	const struct policy_wish *wish, const struct policy_image *images, size_t index)
{
	const struct policy_image *image = &images[index];
	uint32_t missing = wish->pcrs & ~image->values.known[wish->bank];

	if (!name_fits("set's name", image->name, 1) ||
		(image->role && !name_fits("role", image->role, 0)))
		return false;
	if (missing)
		return complain("set \"%s\": PCR %u was asked for and is not known in bank %s",
			image->name, (unsigned)__builtin_ctz(missing), bank_name(wish->bank));
	if (!(named_pcrs(wish, image) & ~wish->warned))
		return complain("set \"%s\" would enforce nothing", image->name);
	for (size_t i = 0; i < index; i++) {
		if (strcmp(images[i].name, image->name) == 0)
			return complain("two sets are named \"%s\"", image->name);
		if (overlap(wish, &images[i], image))
			return complain("a machine could match both \"%s\" and \"%s\": their "
					"enforced values do not differ",
				images[i].name, image->name);
	}
	warn_of_open_pcrs(image->name, named_pcrs(wish, image) & ~wish->warned);
	return true;
}

static bool wish_fits(const struct policy_wish *wish, size_t count)
{
	if (wish->bank != BANK_SHA256 && wish->bank != BANK_SHA384)
		return complain("the join service takes the banks sha256 and sha384");
	if (count < 1 || count > POLICY_IMAGES_MAX)
		return complain("a policy has 1 to %u sets", POLICY_IMAGES_MAX);
	if (wish->warned & ~(wish->pcrs ? wish->pcrs : OUTPUT_IMAGE_PCRS))
		return complain("a PCR that only warns must be among those that are named");
	if (wish->join_material_file && wish->join_material_file[0] != '/')
		return complain("the join material needs an absolute path");
	return !wish->tenant || name_fits("tenant", wish->tenant, 1);
}

static void put_set(
	struct json_text *json, const struct policy_wish *wish, const struct policy_image *image)
{
	uint32_t pcrs = named_pcrs(wish, image);

	json_open(json, NULL, '{');
	json_string(json, "name", image->name);
	json_number(json, "epoch", image->epoch);
	if (image->role)
		json_string(json, "role", image->role);
	json_open(json, "measurements", '{');
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		char name[16];

		if (!(pcrs & 1u << pcr))
			continue;
		snprintf(name, sizeof(name), "%u", pcr);
		json_open(json, name, '{');
		json_hex(
			json, "expected", image->values.pcr[wish->bank][pcr], bank_len(wish->bank));
		json_flag(json, "warnOnly", wish->warned & 1u << pcr);
		json_close(json);
	}
	json_close(json);
	json_close(json);
}

bool output_policy(const struct policy_wish *wish, const struct policy_image *images, size_t count,
	struct bytes *out)
{
	struct json_text json;

	if (!wish_fits(wish, count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!image_fits(wish, images, i))
			return false;
	json_start_lines(&json, out, 4);
	json_open(&json, NULL, '{');
	json_string(&json, "bank", bank_name(wish->bank));
	if (wish->tenant)
		json_string(&json, "tenant", wish->tenant);
	if (wish->max_nodes != UINT64_MAX)
		json_number(&json, "max_nodes", wish->max_nodes);
	if (wish->pin_ak)
		json_flag(&json, "pin_ak", true);
	if (wish->join_material_file)
		json_string(&json, "join_material_file", wish->join_material_file);
	json_open(&json, "sets", '[');
	for (size_t i = 0; i < count; i++)
		put_set(&json, wish, &images[i]);
	json_close(&json);
	json_close(&json);
	return true;
}
