/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/node_id.h"

#include <string.h>

#include "crypto/digest.h"

#define PREFIX	    "protostar node v1"
#define VALUE_MAX   (2u * (4u + POLICY_NAME_MAX) + DISK_ID_LEN) /* bytes of the longest value */
#define FIRST_OTHER 0xF0u

/* The number kk; 0 of an endorsement key. */
static uint8_t number_of(enum policy_recognise way)
{
	switch (way) {
	case RECOGNISE_AK:
		return 1;
	case RECOGNISE_CHIP:
		return 2;
	case RECOGNISE_HOST_DATA:
		return 3;
	case RECOGNISE_CONFIG_ID:
		return 4;
	case RECOGNISE_TICKET:
		return 5;
	case RECOGNISE_SET:
		return 6;
	default:
		return 0;
	}
}

void node_id_of(enum policy_recognise way, struct span value, uint8_t out[TPM_NAME_LEN])
{
	uint8_t bytes[sizeof(PREFIX) + 1 + 4 + VALUE_MAX];
	struct wire_writer w;

	wire_write_start(&w, bytes, sizeof(bytes));
	wire_put_bytes(&w, (const uint8_t *)PREFIX, sizeof(PREFIX));
	wire_put_u8(&w, number_of(way));
	wire_put_field(&w, value, 0, VALUE_MAX);
	out[0] = FIRST_OTHER;
	out[1] = number_of(way);
	sha256(bytes, w.len, out + 2);
}

static void put_text(struct wire_writer *w, const char *text)
{
	wire_put_field(w, (struct span){(const uint8_t *)text, strlen(text)}, 0, POLICY_NAME_MAX);
}

void node_id_of_set(const char *family, const char *role, const uint8_t disk_id[DISK_ID_LEN],
	uint8_t out[TPM_NAME_LEN])
{
	uint8_t bytes[VALUE_MAX];
	struct wire_writer w;

	wire_write_start(&w, bytes, sizeof(bytes));
	put_text(&w, family);
	put_text(&w, role);
	wire_put_bytes(&w, disk_id, DISK_ID_LEN);
	node_id_of(RECOGNISE_SET, (struct span){bytes, w.len}, out);
}

const char *node_id_kind(const uint8_t node_id[TPM_NAME_LEN])
{
	static const char *const names[] = {
		"ek", "ak", "chip", "host_data", "config_id", "ticket", "set"};

	if (node_id[0] != FIRST_OTHER)
		return names[0];
	return node_id[1] < sizeof(names) / sizeof(names[0]) ? names[node_id[1]] : "unknown";
}
