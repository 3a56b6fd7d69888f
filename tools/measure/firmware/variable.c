/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"
#include "tools/measure/firmware/firmware_private.h"

const uint8_t *variable_head(struct boot *boot, const char *vendor, const char *name,
	size_t contents_len, size_t *head_len)
{
	uint8_t guid[GUID_LEN], numbers[16];
	struct bytes head = {0};

	guid_parse(vendor, guid);
	put_le64(numbers, strlen(name));
	put_le64(numbers + 8, contents_len);
	bytes_add(&head, guid, sizeof(guid));
	bytes_add(&head, numbers, sizeof(numbers));
	for (const char *c = name; *c; c++)
		bytes_add(&head, (const char[2]){*c, 0}, 2);
	*head_len = head.len;
	return boot_own(boot, head.data);
}
