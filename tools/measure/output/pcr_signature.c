/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/output/pcr_signature.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/json_text.h"
#include "tools/lib/report.h"

#define PCR_KERNEL    11u
#define CC_POLICY_PCR 0x0000017Fu /* TPM_CC_PolicyPCR (TPM 2.0 Part 2, 6.5.2) */
#define SELECT_BYTES  3u	  /* a selection of 24 PCRs */

const char *const pcr_signature_paths[] = {"enter-initrd", "enter-initrd:leave-initrd",
	"enter-initrd:leave-initrd:sysinit", "enter-initrd:leave-initrd:sysinit:ready"};
const size_t pcr_signature_path_count = sizeof(pcr_signature_paths) /
					sizeof(pcr_signature_paths[0]);

bool pcr_signature_path_is(const char *path)
{
	const char *at = path;

	if (!*path)
		return true;
	for (;; at++) {
		size_t len = strspn(
			at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

		at += len;
		if (!len || (*at && *at != ':'))
			return false;
		if (!*at)
			return true;
	}
}

void pcr_policy_digest(enum bank bank, unsigned pcr, const uint8_t *value, uint8_t out[32])
{
	uint8_t selection[4 + 2 + 1 + SELECT_BYTES] = {0, 0, 0, 1};
	static const uint8_t command[] = {0, 0, CC_POLICY_PCR >> 8, CC_POLICY_PCR & 0xFF};
	static const uint8_t empty_policy[32];
	struct bank_hash_state *state = bank_begin(BANK_SHA256);
	uint8_t values[32];

	selection[4] = (uint8_t)(bank_alg(bank) >> 8);
	selection[5] = (uint8_t)bank_alg(bank);
	selection[6] = SELECT_BYTES;
	selection[7 + pcr / 8] = (uint8_t)(1u << pcr % 8);
	bank_hash(BANK_SHA256, value, bank_len(bank), values);
	bank_add(state, empty_policy, sizeof(empty_policy));
	bank_add(state, command, sizeof(command));
	bank_add(state, selection, sizeof(selection));
	bank_add(state, values, sizeof(values));
	bank_end(state, out);
}

/* systemd-pcrphase extends the hash of each word. */
static void enter_phases(enum bank bank, const char *path, uint8_t *pcr)
{
	while (*path) {
		size_t len = strcspn(path, ":");
		uint8_t digest[BANK_DIGEST_MAX];

		bank_hash(bank, path, len, digest);
		bank_extend(bank, pcr, digest);
		path += len + (path[len] == ':');
	}
}

static void put_base64(struct json_text *json, const char *key, const struct bytes *data)
{
	char *text = must_alloc(4 * ((data->len + 2) / 3) + 1);

	EVP_EncodeBlock((unsigned char *)text, data->data, (int)data->len);
	json_string(json, key, text);
	free(text);
}

static bool put_signed(
	struct json_text *json, enum bank bank, const uint8_t *value, struct signing_key *key)
{
	struct bytes signature = {0};
	uint8_t fingerprint[32], policy[32];
	bool fine;

	pcr_policy_digest(bank, PCR_KERNEL, value, policy);
	fine = signing_key_fingerprint(key, fingerprint) &&
	       signing_key_sign(key, policy, sizeof(policy), &signature);
	if (fine) {
		json_open(json, NULL, '{');
		json_open(json, "pcrs", '[');
		json_number(json, NULL, PCR_KERNEL);
		json_close(json);
		json_hex(json, "pkfp", fingerprint, sizeof(fingerprint));
		json_hex(json, "pol", policy, sizeof(policy));
		put_base64(json, "sig", &signature);
		json_close(json);
	}
	bytes_free(&signature);
	return fine;
}

static bool put_bank(struct json_text *json, const struct boot *boot, enum bank bank,
	const char *const *paths, size_t count, struct signing_key *key)
{
	struct boot_values values;
	bool fine = true;

	boot_replay(boot, bank, &values);
	json_open(json, bank_name(bank), '[');
	for (size_t i = 0; i < count && fine; i++) {
		uint8_t pcr[BANK_DIGEST_MAX];

		if (i && strcmp(paths[i], paths[i - 1]) == 0)
			continue;
		memcpy(pcr, values.pcr[PCR_KERNEL], sizeof(pcr));
		enter_phases(bank, paths[i], pcr);
		fine = put_signed(json, bank, pcr, key);
	}
	json_close(json);
	return fine;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool pcr_signature(const struct boot *boot, const char *const *paths, size_t count,
	struct signing_key *key, struct bytes *out)
{
	const char *sorted[PCR_SIGNATURE_PATHS_MAX];
	struct json_text json;
	bool fine = true;

	if (boot->unknown[PCR_KERNEL])
		return complain("PCR 11 is not known: %s", boot->unknown[PCR_KERNEL]);
	if (count > PCR_SIGNATURE_PATHS_MAX)
		return complain("at most %u paths of phases are taken", PCR_SIGNATURE_PATHS_MAX);
	memcpy(sorted, paths, count * sizeof(*paths));
	qsort(sorted, count, sizeof(*sorted), by_text);
	json_start_lines(&json, out, 0);
	json_open(&json, NULL, '{');
	for (unsigned bank = 0; bank < BANK_COUNT && fine; bank++)
		if (boot->banks & BANK_BIT(bank))
			fine = put_bank(&json, boot, (enum bank)bank, sorted, count, key);
	json_close(&json);
	return fine;
}
