/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/derive.h"

#include <string.h>

#define DISK_LABEL  "protostar disk key v2" /* with its NUL */
#define CHECK_LABEL "protostar kek check v1"
#define FIRST_BLOCK 1u /* of HKDF-Expand: 32 bytes are one block */

enum kek_answer disk_key_derive(
	struct kek_engine *e, const struct disk_key_name *name, uint8_t out[DISK_KEY_LEN])
{
	uint8_t info[sizeof(DISK_LABEL) + 4 + TENANT_MAX + 4 + DISK_ID_LEN + 4 + 4 + DISK_SALT_LEN +
		     1];
	struct wire_writer w;

	_Static_assert(DISK_KEY_LEN == KEK_MAC_LEN, "a disk key is one block");
	wire_write_start(&w, info, sizeof(info));
	wire_put_bytes(&w, (const uint8_t *)DISK_LABEL, sizeof(DISK_LABEL));
	wire_put_field(&w, (struct span){(const uint8_t *)name->tenant, strlen(name->tenant)}, 1,
		TENANT_MAX);
	wire_put_field(&w, (struct span){name->disk_id, DISK_ID_LEN}, 0, DISK_ID_LEN);
	wire_put_u32(&w, name->version);
	wire_put_field(&w, (struct span){name->salt, DISK_SALT_LEN}, 0, DISK_SALT_LEN);
	wire_put_u8(&w, FIRST_BLOCK);
	/* A tenant that cannot be: no version has a key for it. */
	if (w.failed)
		return KEK_NO_VERSION;
	return kek_hmac(e, name->version, (struct span){info, w.len}, out);
}

enum kek_answer kek_check_value(struct kek_engine *e, uint32_t version, uint8_t out[KEK_CHECK_LEN])
{
	uint8_t data[sizeof(CHECK_LABEL) - 1 + 4];
	struct wire_writer w;

	wire_write_start(&w, data, sizeof(data));
	wire_put_bytes(&w, (const uint8_t *)CHECK_LABEL, sizeof(CHECK_LABEL) - 1);
	wire_put_u32(&w, version);
	return kek_hmac(e, version, (struct span){data, w.len}, out);
}
