/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MAC of a state disk's header (early/contract/PROTOCOL.md, section 7): a key of its own,
 * derived from the disk key, over generation, disk id and the header's bytes.
 */
#ifndef EARLY_DISK_HEADER_MAC_H
#define EARLY_DISK_HEADER_MAC_H

#include "early/contract/messages.h"

/*
 * What lies where on the disk, in bytes: the header, room for the next one while the key changes
 * (state_header.h), and the data.
 */
#define HEADER_LEN (1u << 20)
#define SPARE_AT   HEADER_LEN
#define DATA_AT	   (2u * HEADER_LEN)

/* header holds HEADER_LEN bytes. */
void header_mac(const uint8_t disk_key[DISK_KEY_LEN], const uint8_t disk_id[DISK_ID_LEN],
	uint64_t generation, const uint8_t *header, uint8_t out[HEADER_MAC_LEN]);

#endif
