/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/header_mac.h"

#include "crypto/digest.h"
#include "crypto/secret.h"

void header_mac(const uint8_t disk_key[DISK_KEY_LEN], const uint8_t disk_id[DISK_ID_LEN],
	uint64_t generation, const uint8_t *header, uint8_t out[HEADER_MAC_LEN])
{
	static const char salt[] = "protostar header v1";
	uint8_t key[SHA256_LEN], number[8];
	struct wire_writer w;
	struct hmac256 h;

	wire_write_start(&w, number, sizeof(number));
	wire_put_u64(&w, generation);
	hkdf256(salt, sizeof(salt) - 1, disk_key, DISK_KEY_LEN, disk_id, DISK_ID_LEN, key,
		sizeof(key));
	hmac256_start(&h, key, sizeof(key));
	hmac256_add(&h, number, sizeof(number));
	hmac256_add(&h, disk_id, DISK_ID_LEN);
	hmac256_add(&h, header, HEADER_LEN);
	hmac256_end(&h, out);
	wipe(key, sizeof(key));
}
