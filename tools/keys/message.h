/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes over the key service's socket: frames, each answered by one frame with the same number.
 *
 *   frame    := u32 length of what follows | u8 type | u64 number | body
 *   SEAL     1   LP<1..64> tenant | raw[16] disk_id | u32 version | u32 next_version | raw[16] salt
 * | LP join_material | raw[65] kem_pub | LP mlkem_pub | raw[32] rd | LP aad STATUS   2   (nothing)
 *   SEALED   3   LP wrapped
 *   VERSIONS 4   u8 count, then count times: u32 version | raw[32] check value
 *   AWAY     5   (nothing): ask again later
 *   REFUSED  6   u8 reason
 *
 * Integers are big-endian, LP is a u32 length and so many bytes. Each message has one encoding, and
 * a reader takes nothing else. Who sends something else is not answered: the connection ends.
 */
#ifndef TOOLS_KEYS_MESSAGE_H
#define TOOLS_KEYS_MESSAGE_H

#include "tools/keys/request.h"

enum keys_type {
	KEYS_SEAL = 1,
	KEYS_STATUS,
	KEYS_SEALED,
	KEYS_VERSIONS,
	KEYS_AWAY,
	KEYS_REFUSED,
};

#define KEYS_LENGTH_LEN 4u
#define KEYS_HEAD_LEN	(KEYS_LENGTH_LEN + 1u + 8u)
/* The longest frames, with their length. */
#define KEYS_SEAL_HEAD_MAX \
	(KEYS_HEAD_LEN + 4u + TENANT_MAX + DISK_ID_LEN + 4u + 4u + DISK_SALT_LEN + 4u)
#define KEYS_SEAL_TAIL_MAX (P256_PUB_LEN + 4u + MLKEM_PUB_LEN + 32u + 4u + GRANT_AAD_MAX)
#define KEYS_REQUEST_MAX   (KEYS_SEAL_HEAD_MAX + JOIN_MATERIAL_MAX + KEYS_SEAL_TAIL_MAX)
#define KEYS_REPLY_MAX	   (KEYS_HEAD_LEN + 4u + WRAPPED_MAX)

struct keys_frame {
	uint8_t type;
	uint64_t number;
	struct span body;
};

/*
 * Looks for a whole frame at the start of so many bytes. 0: there are too few yet; more than 0: the
 * bytes of the frame, which is in *out and points into them; -1: this can become none of at most
 * max bytes.
 */
long keys_frame_get(struct span bytes, size_t max, struct keys_frame *out);

/* A SEAL frame in two parts, between which the join material goes: it is copied nowhere. */
struct keys_seal_frame {
	uint8_t head[KEYS_SEAL_HEAD_MAX], tail[KEYS_SEAL_TAIL_MAX];
	size_t head_len, tail_len;
};

/* False when a field is too long. */
bool keys_seal_put(
	const struct key_request *r, uint64_t number, struct keys_seal_frame *out) MUST_CHECK;
/* A frame without a body. */
void keys_plain_put(struct wire_writer *w, enum keys_type type, uint64_t number);
void keys_sealed_put(struct wire_writer *w, uint64_t number, struct span wrapped);
void keys_versions_put(struct wire_writer *w, uint64_t number, const struct key_status *status);
void keys_refused_put(struct wire_writer *w, uint64_t number, enum key_refusal reason);

/* What a SEAL asks; r points into the body and to tenant. */
struct keys_seal {
	struct key_request r;
	char tenant[TENANT_MAX + 1];
};

/* Bodies. False when it is not one of these, to its last byte. */
bool keys_seal_get(struct span body, struct keys_seal *out) MUST_CHECK;
bool keys_sealed_get(struct span body, struct span *out_wrapped) MUST_CHECK;
bool keys_versions_get(struct span body, struct key_status *out) MUST_CHECK;
bool keys_refused_get(struct span body, enum key_refusal *out) MUST_CHECK;

#endif
