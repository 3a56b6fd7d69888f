/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/report.h"

#include <string.h>

#define VMPL_MAX	  3u
#define VMPL_HOST	  UINT32_MAX /* the host asked, not the guest */
#define POLICY_MUST_BE_1  (1ull << 17)
#define POLICY_KNOWN	  0x3ffffffull /* bits 25:0 */
#define KEY_INFO_KNOWN	  0x1fu
#define ECDSA_P384_SHA384 1u

/* Bytes that are zero in versions min_version to max_version; `end` is the first after them. */
static const struct {
	uint32_t min_version, max_version;
	size_t start, end;
} reserved[] = {
	{2, 5, 0x04c, 0x050},
	{2, 2, 0x188, 0x1a0},
	{3, 5, 0x18b, 0x1a0},
	{2, 5, 0x1eb, 0x1ec},
	{2, 5, 0x1ef, 0x1f0},
	{2, 4, 0x1f8, SNP_REPORT_SIGNED},
	{5, 5, 0x208, SNP_REPORT_SIGNED},
};

bool snp_is_zero(const uint8_t *bytes, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= bytes[i];
	return !any;
}

static void take(struct cursor *c, uint8_t *out, size_t len)
{
	const uint8_t *bytes = cursor_take(c, len);

	if (bytes)
		memcpy(out, bytes, len);
}

static uint32_t take_u32(struct cursor *c)
{
	return (uint32_t)cursor_little_endian(c, 4);
}

/* Build, minor, major, and a reserved byte. */
static snp_version take_version(struct cursor *c)
{
	return take_u32(c) & 0xffffffu;
}

static struct failure check_header(const uint8_t *bytes, uint32_t version)
{
	if (version < 2 || version > 5)
		return refuse("the SEV-SNP report has version %u; 2 to 5 are known", version);
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (version < reserved[i].min_version || version > reserved[i].max_version)
			continue;
		if (!snp_is_zero(bytes + reserved[i].start, reserved[i].end - reserved[i].start))
			return refuse("reserved bytes at 0x%zx of the SEV-SNP report (version %u) "
				      "are not zero",
				reserved[i].start, version);
	}
	return failure_none();
}

/* Up to KEY_INFO: 0x000 to 0x04b. */
static struct failure read_head(struct cursor *c, struct snp_report *r)
{
	uint32_t algorithm, key_info;

	r->version = take_u32(c);
	r->guest_svn = take_u32(c);
	r->policy = cursor_little_endian(c, 8);
	take(c, r->family_id, sizeof(r->family_id));
	take(c, r->image_id, sizeof(r->image_id));
	r->vmpl = take_u32(c);
	algorithm = take_u32(c);
	take(c, r->current_tcb, SNP_TCB_LEN);
	r->platform_info = cursor_little_endian(c, 8);
	key_info = take_u32(c);
	r->author_key = key_info & 1;
	r->mask_chip_key = key_info & 2;
	r->key = key_info >> 2 & 7;
	if ((r->policy & ~POLICY_KNOWN) || !(r->policy & POLICY_MUST_BE_1))
		return refuse("POLICY 0x%llx of the SEV-SNP report has bits without a meaning",
			(unsigned long long)r->policy);
	if (r->vmpl == VMPL_HOST)
		return refuse("the host asked for the SEV-SNP report, not the guest");
	if (r->vmpl > VMPL_MAX)
		return refuse("the SEV-SNP report is of VMPL %u; there are 0 to 3", r->vmpl);
	if (algorithm != ECDSA_P384_SHA384)
		return refuse("SIGNATURE_ALGO %u of the SEV-SNP report is not ECDSA P-384 with "
			      "SHA-384",
			algorithm);
	if ((key_info & ~KEY_INFO_KNOWN) || (r->key != SNP_KEY_VCEK && r->key != SNP_KEY_VLEK))
		return refuse("KEY_INFO 0x%x of the SEV-SNP report names neither VCEK nor VLEK, "
			      "or has bits without a meaning",
			key_info);
	return failure_none();
}

/* From REPORT_DATA to the end of what is signed. */
static void read_body(struct cursor *c, struct snp_report *r)
{
	cursor_take(c, 4);
	take(c, r->report_data, sizeof(r->report_data));
	take(c, r->measurement, sizeof(r->measurement));
	take(c, r->host_data, sizeof(r->host_data));
	take(c, r->id_key_digest, sizeof(r->id_key_digest));
	take(c, r->author_key_digest, sizeof(r->author_key_digest));
	take(c, r->report_id, sizeof(r->report_id));
	take(c, r->report_id_ma, sizeof(r->report_id_ma));
	take(c, r->reported_tcb, SNP_TCB_LEN);
	r->has_cpuid = r->version >= 3;
	take(c, &r->cpuid_family, 1);
	take(c, &r->cpuid_model, 1);
	take(c, &r->cpuid_stepping, 1);
	cursor_take(c, 21);
	take(c, r->chip_id, sizeof(r->chip_id));
	take(c, r->committed_tcb, SNP_TCB_LEN);
	r->current = take_version(c);
	r->committed = take_version(c);
	take(c, r->launch_tcb, SNP_TCB_LEN);
	r->launch_mitigations = cursor_little_endian(c, 8);
	r->current_mitigations = cursor_little_endian(c, 8);
}

/* What firmware keeps between its fields. */
static struct failure check_relations(const struct snp_report *r)
{
	if (!r->author_key && !snp_is_zero(r->author_key_digest, sizeof(r->author_key_digest)))
		return refuse("the SEV-SNP report has an author key's digest, and KEY_INFO says "
			      "that there is none");
	for (size_t i = 0; i < SNP_TCB_LEN; i++)
		if (r->reported_tcb[i] > r->committed_tcb[i] ||
			r->committed_tcb[i] > r->current_tcb[i])
			return refuse("byte %zu of the SEV-SNP report's TCBs: reported %u, "
				      "committed %u, current %u are not in that order",
				i, r->reported_tcb[i], r->committed_tcb[i], r->current_tcb[i]);
	if (r->committed > r->current)
		return refuse("the SEV-SNP report's committed firmware is newer than its current "
			      "one");
	return failure_none();
}

struct failure snp_report_parse(struct span bytes, struct snp_report *out)
{
	struct snp_report r = {0};
	struct cursor c;

	if (bytes.len != SNP_REPORT_LEN)
		return refuse("a SEV-SNP report has %u bytes, and this one %zu", SNP_REPORT_LEN,
			bytes.len);
	c = (struct cursor){.at = bytes.data, .left = SNP_REPORT_SIGNED};
	TRY_FAILURE(check_header(bytes.data, take_u32(&c)));
	c = (struct cursor){.at = bytes.data, .left = SNP_REPORT_SIGNED};
	TRY_FAILURE(read_head(&c, &r));
	read_body(&c, &r);
	TRY_FAILURE(check_relations(&r));
	*out = r;
	return failure_none();
}

bool snp_report_names_chip(const struct snp_report *r)
{
	return !snp_is_zero(r->chip_id, sizeof(r->chip_id));
}
