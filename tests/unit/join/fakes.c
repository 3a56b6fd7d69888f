/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/join/fakes.h"

#include <string.h>

#include "early/contract/errors.h"
#include "early/tpm/tpm.h"
#include "tests/unit/join/scripted_service.h"

struct fakes fakes;

/* Its contents are nobody's: only whether there is one counts. */
struct tpm {
	int unused;
};

struct tpm *fake_tpm(void)
{
	static struct tpm t;

	return &t;
}

static const uint8_t area[90] = {1, 2, 3};

struct span tpm_ek_area(const struct tpm *t)
{
	(void)t;
	return (struct span){area, sizeof(area)};
}

struct span tpm_ak_area(const struct tpm *t)
{
	(void)t;
	return (struct span){area, sizeof(area)};
}

struct span tpm_certificate(const struct tpm *t, unsigned i)
{
	static const uint8_t certificates[2][40] = {{0x30, 38, 1}, {0x30, 38, 2}};

	(void)t;
	return i < 2 ? (struct span){certificates[i], 40} : (struct span){NULL, 0};
}

struct status tpm_quote(struct tpm *t, uint16_t bank, uint32_t pcr_mask, const uint8_t rd[RD_LEN],
	struct tpm_evidence *out)
{
	(void)t, (void)bank, (void)pcr_mask;
	if (fakes.quote_fails)
		return fail(fakes.quote_fails);
	memset(out, 0, sizeof(*out));
	memcpy(out->attest, rd, RD_LEN);
	out->attest_len = RD_LEN;
	out->signature_len = 72;
	out->pcr_values_len = 32;
	return OK;
}

struct status tpm_hcl_report(struct tpm *t, const uint8_t user_data[HCL_USER_DATA_LEN],
	uint8_t out[HCL_REPORT_MAX], size_t *out_len)
{
	(void)t;
	if (fakes.hcl_fails)
		return fail(fakes.hcl_fails);
	memset(out, 0, HCL_REPORT_MAX);
	memcpy(out, user_data, HCL_USER_DATA_LEN);
	*out_len = HCL_REPORT_MAX;
	return OK;
}

struct status tpm_activate(
	struct tpm *t, struct span credential, struct span encrypted_secret, struct secret *out)
{
	(void)t, (void)credential, (void)encrypted_secret;
	if (fakes.activate_fails)
		return fail(fakes.activate_fails);
	TRY(secret_new(32, out));
	memcpy(out->bytes, SERVICE_PROOF, 32);
	return OK;
}

static struct status use_disk(const uint8_t disk_key[DISK_KEY_LEN], uint64_t generation)
{
	fakes.generation = generation;
	memcpy(fakes.disk_key, disk_key, DISK_KEY_LEN);
	if (fakes.disk_fails)
		return fail(fakes.disk_fails);
	fakes.disk_open = true;
	return OK;
}

struct status state_disk_contents(const struct boot *b, uint8_t *out)
{
	(void)b;
	*out = fakes.not_blank ? DISK_NOT_BLANK : DISK_BLANK;
	return OK;
}

struct status state_disk_format(const struct boot *b, const uint8_t disk_key[DISK_KEY_LEN],
	uint64_t generation, bool overwrite, uint8_t out_mac[HEADER_MAC_LEN])
{
	(void)b;
	if (fakes.not_blank && !overwrite)
		return fail(E_STATE_NOT_BLANK);
	fakes.formats++;
	TRY(use_disk(disk_key, generation));
	memset(out_mac, FAKE_NEW_MAC, HEADER_MAC_LEN);
	return OK;
}

struct status state_disk_open(
	const struct boot *b, const struct state_grant *g, struct state_opened *out)
{
	uint8_t mac[HEADER_MAC_LEN];

	(void)b;
	fakes.opens++;
	service_header_mac(mac);
	if (memcmp(mac, g->header_mac, sizeof(mac)) != 0)
		return fail(1);
	memset(out, 0, sizeof(*out));
	memset(out->mac, FAKE_NEXT_MAC, HEADER_MAC_LEN);
	fakes.next_given = g->next_key != NULL;
	fakes.open_only = g->open_only;
	if (g->next_key) {
		out->with_next = fakes.with_next;
		fakes.next_committed = memcmp(g->next_header_mac, mac, sizeof(mac)) == 0;
		memcpy(fakes.next_key, g->next_key, DISK_KEY_LEN);
		if (!fakes.with_next && !g->open_only)
			memset(out->next_mac, FAKE_ROTATE_MAC, HEADER_MAC_LEN);
	}
	return use_disk(g->disk_key, g->generation);
}

struct status state_disk_rotate(
	const struct boot *b, const struct state_grant *g, uint8_t out_mac[HEADER_MAC_LEN])
{
	(void)b;
	fakes.rotates++;
	fakes.commits_before_rotate = service_report()->commits;
	if (fakes.rotate_fails)
		return fail(fakes.rotate_fails);
	fakes.generation = g->generation;
	memset(out_mac, FAKE_ROTATED_MAC, HEADER_MAC_LEN);
	return OK;
}

struct status state_disk_mount(const struct boot *b)
{
	(void)b;
	fakes.mounts++;
	return fakes.mount_fails ? fail(fakes.mount_fails) : OK;
}

void state_disk_close(void)
{
	fakes.closes++;
	fakes.disk_open = false;
}
