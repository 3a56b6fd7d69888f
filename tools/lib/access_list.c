/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/access_list.h"

#include <sys/xattr.h>
#include "tools/lib/bytes.h"

/* Linux: include/uapi/linux/posix_acl_xattr.h and posix_acl.h. */
#define VERSION	   2u
#define HEADER_LEN 4u
#define ENTRY_LEN  8u /* tag (2), permissions (2), user or group (4) */
#define TAG_OWNER  0x01u
#define TAG_USER   0x02u
#define TAG_MASK   0x10u
#define MAY_READ   4u

bool access_list_is_for(const uint8_t *list, size_t len, uid_t user)
{
	bool reads = false;

	if (len < HEADER_LEN || le32(list) != VERSION || (len - HEADER_LEN) % ENTRY_LEN)
		return false;
	for (size_t at = HEADER_LEN; at < len; at += ENTRY_LEN) {
		unsigned tag = le16(list + at), may = le16(list + at + 2);

		if (tag == TAG_OWNER || tag == TAG_MASK || may == 0)
			continue;
		/* A group's members, or all others. */
		if (tag != TAG_USER || le32(list + at + 4) != user || may != MAY_READ)
			return false;
		reads = true;
	}
	return reads;
}

bool access_list_of_file_is_for(int fd, uid_t user)
{
	uint8_t list[ACCESS_LIST_MAX];
	ssize_t len = fgetxattr(fd, ACCESS_LIST_NAME, list, sizeof(list));

	return len > 0 && access_list_is_for(list, (size_t)len, user);
}
