/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/azure/hcl.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/secret.h"
#include "tools/evidence/azure/hcl_claims.h"

#define HEADER_LEN	32u
#define SLOT_LEN	1184u /* of the hardware report: an SNP report's length */
#define TDREPORT_LEN	1024u
#define TDREPORT_DATA	0x80u /* report data in its REPORTMACSTRUCT */
#define DATA_HEADER_LEN 20u
#define REQUEST_REPORT	2u
#define DATA_VERSION	1u

static uint32_t get_u32(struct cursor *c)
{
	return (uint32_t)cursor_little_endian(c, 4);
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Its report size counts the header, the slot and the claims, with what pads them or without. */
static struct failure read_header(struct cursor *c)
{
	const uint8_t *signature = cursor_take(c, 4);
	uint32_t version = get_u32(c), request, status;

	get_u32(c);
	request = get_u32(c);
	status = get_u32(c);
	cursor_take(c, 12);
	if (c->failed || memcmp(signature, "HCLA", 4) != 0)
		return refuse("the paravisor's report does not begin as one");
	if (version != 1 && version != 2)
		return refuse("the paravisor's report has version %u; 1 and 2 are known", version);
	if (request != REQUEST_REPORT || status)
		return refuse("the paravisor's report is the answer to another request, or to one "
			      "that failed");
	return failure_none();
}

static struct failure hash_claims(uint32_t hash, struct span claims, uint8_t out[HCL_DATA_LEN])
{
	static const uint16_t algorithms[] = {0, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512};

	memset(out, 0, HCL_DATA_LEN);
	if (!hash || hash >= sizeof(algorithms) / sizeof(algorithms[0]) ||
		!digest_of(algorithms[hash], claims.data, claims.len, out))
		return refuse("the paravisor's claims are hashed with algorithm %u, which is not "
			      "known",
			hash);
	return failure_none();
}

/* What the slot holds, by the type that stands behind it. */
static struct failure read_hardware(uint32_t type, const uint8_t *slot, struct hcl_report *out)
{
	if (type != HCL_SNP && type != HCL_TDX)
		return refuse("the paravisor's report is about hardware of type %u; SEV-SNP (2) "
			      "and TDX (4) are known",
			type);
	out->kind = type;
	out->hardware = (struct span){slot, type == HCL_SNP ? SLOT_LEN : TDREPORT_LEN};
	if (type == HCL_SNP)
		return failure_none();
	if (!all_zero(slot + TDREPORT_LEN, SLOT_LEN - TDREPORT_LEN))
		return refuse("there is something behind the TDREPORT in the paravisor's report");
	if (memcmp(slot + TDREPORT_DATA, out->report_data, HCL_DATA_LEN) != 0)
		return refuse("the TDREPORT in the paravisor's report is not about its claims");
	return failure_none();
}

struct failure hcl_parse(struct span bytes, struct hcl_report *out)
{
	struct cursor c = {bytes.data, bytes.len, false};
	struct hcl_report r = {.said = 0};
	uint32_t size, version, type, hash, len;
	const uint8_t *slot;
	struct span claims;

	if (bytes.len < HEADER_LEN + SLOT_LEN + DATA_HEADER_LEN)
		return refuse("the paravisor's report is too short");
	TRY_FAILURE(read_header(&c));
	slot = cursor_take(&c, SLOT_LEN);
	size = get_u32(&c);
	version = get_u32(&c);
	type = get_u32(&c);
	hash = get_u32(&c);
	len = get_u32(&c);
	if (version != DATA_VERSION || size < len || size - len != DATA_HEADER_LEN)
		return refuse("the paravisor's claims have not the length or version they state");
	if (!len || len > HCL_CLAIMS_MAX || len > c.left)
		return refuse("the paravisor's claims do not fit into the report");
	claims = (struct span){cursor_take(&c, len), len};
	if (!all_zero(c.at, c.left))
		return refuse("there is something behind the paravisor's claims");
	TRY_FAILURE(hash_claims(hash, claims, r.report_data));
	TRY_FAILURE(read_hardware(type, slot, &r));
	TRY_FAILURE(hcl_claims_parse(claims, &r));
	*out = r;
	return failure_none();
}

struct failure hcl_authenticate(const struct hcl_report *r, struct span ak_modulus,
	uint32_t ak_exponent, const uint8_t user_data[static HCL_DATA_LEN])
{
	if (all_zero(user_data, HCL_DATA_LEN))
		return refuse("user data of zeros are no expectation");
	if (ak_modulus.len != HCL_MODULUS_LEN || ak_exponent != r->ak_exponent ||
		memcmp(ak_modulus.data, r->ak_modulus, HCL_MODULUS_LEN) != 0)
		return refuse("the attestation key is not the one in the paravisor's claims");
	if (!r->has_user_data)
		return refuse("the paravisor's claims have no \"user-data\": it is too old to "
			      "make a report of now");
	if (!equal_ct(r->user_data, user_data, HCL_DATA_LEN))
		return refuse("the paravisor's report is not of this connection: its user data "
			      "are others");
	return failure_none();
}
