/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/svsm.h"

#include <string.h>

#include "crypto/digest.h"
#include "tools/lib/hex.h"

#define SERVICES_GUID "63849ebb-3d92-4670-a1ff-58f9c94b87bb" /* a table of all services */
#define VTPM_GUID     "c476f1eb-0123-45a5-9641-b4e7dde5bfe3"

#define SERVICES_MAX 32u

/* The table's head is read; its entries follow. Offsets count from the manifest's first byte. */
static struct failure find_vtpm(
	struct cursor *c, struct span manifest, size_t count, struct span *out)
{
	struct span found = {0};

	for (size_t i = 0; i < count; i++) {
		const uint8_t *guid = cursor_take(c, GUID_LEN);
		uint64_t offset = cursor_little_endian(c, 4);
		uint64_t len = cursor_little_endian(c, 4);

		if (c->failed || offset > manifest.len || len > manifest.len - offset)
			return refuse("the SVSM's manifest of services points out of itself");
		if (!guid_is(guid, VTPM_GUID))
			continue;
		if (found.len || !len)
			return refuse("the SVSM's manifest of services has an empty vTPM, or two");
		found = (struct span){manifest.data + (size_t)offset, (size_t)len};
	}
	if (!found.len)
		return refuse("the SVSM's manifest of services has no vTPM");
	*out = found;
	return failure_none();
}

static struct failure parse_table(struct span manifest, struct span *out_ek)
{
	struct cursor c = {.at = manifest.data, .left = manifest.len};
	uint64_t total, count;

	cursor_take(&c, GUID_LEN);
	total = cursor_little_endian(&c, 4);
	count = cursor_little_endian(&c, 4);
	if (c.failed || total != manifest.len)
		return refuse("the SVSM's manifest of services has %zu bytes, and says another "
			      "length",
			manifest.len);
	if (count > SERVICES_MAX)
		return refuse("the SVSM's manifest names more than %u services", SERVICES_MAX);
	return find_vtpm(&c, manifest, (size_t)count, out_ek);
}

struct failure svsm_manifest_parse(struct span manifest, struct span *out_ek)
{
	if (!manifest.len || manifest.len > SVSM_MANIFEST_MAX)
		return refuse("the SVSM's manifest has %zu bytes; 1 to %u are allowed",
			manifest.len, SVSM_MANIFEST_MAX);
	if (manifest.len >= GUID_LEN && guid_is(manifest.data, SERVICES_GUID))
		return parse_table(manifest, out_ek);
	*out_ek = manifest;
	return failure_none();
}

/* SHA-512(nonce || manifest): what the SVSM asks the firmware to sign. */
static struct failure report_data_of(const uint8_t nonce[SNP_REPORT_DATA_LEN], struct span manifest,
	uint8_t out[SNP_REPORT_DATA_LEN])
{
	struct digest d;

	if (!digest_start(&d, DIGEST_SHA512))
		return refuse("there is no SHA-512");
	digest_add(&d, nonce, SNP_REPORT_DATA_LEN);
	digest_add(&d, manifest.data, manifest.len);
	digest_end(&d, out);
	return failure_none();
}

struct failure svsm_authenticate(const struct snp_trust *t, struct span report, struct span table,
	struct span manifest, const uint8_t nonce[static SNP_REPORT_DATA_LEN], int64_t now_s,
	struct snp_report *out, struct span *out_ek)
{
	uint8_t report_data[SNP_REPORT_DATA_LEN];
	struct snp_report r;
	struct span ek;

	if (snp_is_zero(nonce, SNP_REPORT_DATA_LEN))
		return refuse("there is no nonce that the SVSM's report has to carry");
	TRY_FAILURE(svsm_manifest_parse(manifest, &ek));
	TRY_FAILURE(report_data_of(nonce, manifest, report_data));
	TRY_FAILURE(snp_authenticate(t, report, table, report_data, now_s, &r));
	if (r.vmpl != 0)
		return refuse("the SVSM's report is of VMPL %u, and the SVSM is at 0", r.vmpl);
	*out = r;
	*out_ek = ek;
	return failure_none();
}
