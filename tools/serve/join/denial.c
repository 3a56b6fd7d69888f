/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/denial.h"

#include <stdio.h>
#include <string.h>

#include "early/contract/errors.h"
#include "tools/lib/hex.h"
#include "tools/serve/join/pcr_list.h"
#include "tools/serve/store/store_revocations.h"

#define NAME_HEX (2 * TPM_NAME_LEN + 1)
#define DISK_HEX (2 * DISK_ID_LEN + 1)

struct denial deny(uint16_t code, const char *sentence)
{
	return (struct denial){.code = code, .kind = DENIAL_SENTENCE, .sentence = sentence};
}

struct denial deny_failure(struct failure f)
{
	if (!f.happened)
		return denial_none();
	return (struct denial){.code = E_DENY_INTERNAL, .kind = DENIAL_FAILURE, .failure = f};
}

#define WRITE(...) snprintf(out, FAILURE_TEXT_MAX, __VA_ARGS__)

static void nearest_text(const struct denial *d, char out[FAILURE_TEXT_MAX])
{
	char pcrs[PCR_LIST_SIZE];

	pcr_list(d->nearest.differing, pcrs);
	WRITE("nearest is set %s: PCR %s differs", d->nearest.set_name, pcrs);
}

/* Each side with what it is bound to: who swapped what is for the reader to see. */
static void partners_text(const struct denial *d, char out[FAILURE_TEXT_MAX])
{
	char node_disk[DISK_HEX] = "", disk_node[NAME_HEX] = "", disk[DISK_HEX];

	hex_encode(d->partners.disk_id, DISK_ID_LEN, disk);
	if (d->partners.has_node)
		hex_encode(d->partners.node_disk, DISK_ID_LEN, node_disk);
	if (d->partners.has_disk)
		hex_encode(d->partners.disk_node, TPM_NAME_LEN, disk_node);
	WRITE("this node is %s%s and brought disk %s, which is %s%s: protostar node %s",
		d->partners.has_node ? "bound to disk " : "new here", node_disk, disk,
		d->partners.has_disk ? "bound to node " : "new here", disk_node,
		d->partners.has_disk ? "forget, or rebind" : "forget");
}

static void firmware_text(const struct denial *d, char out[FAILURE_TEXT_MAX])
{
	uint32_t changed = d->firmware.changed;
	char now[2 * POLICY_DIGEST_MAX + 1], node[NAME_HEX];

	hex_encode(d->firmware.value, d->firmware.value_len, now);
	hex_encode(d->firmware.node_id, TPM_NAME_LEN, node);
	WRITE("PCR %u%s changed since the last commit, to %s: \"accepted\" in the policy takes it "
	      "for all nodes, protostar node accept %.16s for this one",
		(unsigned)__builtin_ctz(changed), changed & (changed - 1) ? " (and others)" : "",
		now, node);
}

static void contents_text(const struct denial *d, char out[FAILURE_TEXT_MAX])
{
	char disk[DISK_HEX];

	hex_encode(d->contents.disk_id, DISK_ID_LEN, disk);
	WRITE("disk %s is not blank and %s: is this the right store? protostar node allow-format "
	      "%s lets it be formatted, and all that is on it is lost",
		disk, d->contents.known ? "must not be formatted again" : "has no record here",
		disk);
}

static void revoked_text(const struct denial *d, char out[FAILURE_TEXT_MAX])
{
	WRITE("revoked:");
	for (int kind = 1; kind <= REVOCATION_KINDS; kind++)
		if (d->revoked & DENIAL_REVOKED_BIT(kind))
			snprintf(out + strlen(out), FAILURE_TEXT_MAX - strlen(out), " %s",
				revocation_kind_name((enum revocation_kind)kind));
}

/* What numbers tell. */
static void numbers_text(const struct denial *d, char out[FAILURE_TEXT_MAX])
{
	unsigned long long first = d->numbers[0], second = d->numbers[1];

	switch (d->kind) {
	case DENIAL_OFFER:
		WRITE("purpose %llu, kinds of evidence 0x%llx", first, second);
		break;
	case DENIAL_LOG_PCR:
		WRITE("the event log leads to another PCR %llu", first);
		break;
	case DENIAL_EPOCH:
		WRITE("epoch %llu, last joined with %llu", first, second);
		break;
	case DENIAL_LIMIT:
		WRITE("%llu nodes are known, and \"max_nodes\" is %llu", first, second);
		break;
	default:
		WRITE("the key service refuses a key of KEK version %llu: its messages say why",
			first);
	}
}

void denial_text(const struct denial *d, char out[FAILURE_TEXT_MAX])
{
	switch (d->kind) {
	case DENIAL_SENTENCE:
		WRITE("%s", d->sentence);
		break;
	case DENIAL_FAILURE:
		WRITE("%s", d->failure.text);
		break;
	case DENIAL_EVENT_LOG:
		WRITE("the event log: %s", d->sentence);
		break;
	case DENIAL_NEAREST:
		nearest_text(d, out);
		break;
	case DENIAL_REVOKED:
		revoked_text(d, out);
		break;
	case DENIAL_PARTNERS:
		partners_text(d, out);
		break;
	case DENIAL_FIRMWARE:
		firmware_text(d, out);
		break;
	case DENIAL_CONTENTS:
		contents_text(d, out);
		break;
	default:
		numbers_text(d, out);
	}
}
