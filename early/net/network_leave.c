/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/net/network_leave.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "early/boot.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/files.h"
#include "early/net/netlink.h"
#include "early/net/network_link.h"
#include "early/net/network_settings.h"

static struct status put_back_settings(const struct network_record *record)
{
	const char probing[] = {record->former_mtu_probing, '\0'};

	if (probing[0] && !file_write(NETWORK_MTU_PROBING, probing))
		return system_failure(NETWORK_MTU_PROBING, errno, E_LEAVE_PROBING);
	return network_settings_put_back();
}

struct address {
	const struct network_record *record;
	struct ifaddrmsg info;
	uint8_t bytes[16];
	size_t len; /* 0: none was seen */
};

static bool brought_up(const struct network_record *record, int index)
{
	for (size_t i = 0; i < record->count; i++)
		if (record->links[i].index == index)
			return record->links[i].brought_up;
	return false;
}

/* Takes the first address of a link that PID 1 had brought up. */
static void look_at_address(void *context, struct netlink_span payload)
{
	struct address *a = context;
	struct netlink_span bytes;
	struct ifaddrmsg info;
	size_t len;

	if (payload.len < sizeof(info) || a->len)
		return;
	memcpy(&info, payload.data, sizeof(info));
	payload.data += sizeof(info);
	payload.len -= sizeof(info);
	len = info.ifa_family == AF_INET ? 4 : 16;
	if (!brought_up(a->record, (int)info.ifa_index) ||
		!netlink_get(payload, len == 4 ? IFA_LOCAL : IFA_ADDRESS, len, &bytes))
		return;
	a->info = info;
	memcpy(a->bytes, bytes.data, len);
	a->len = len;
}

/*
 * A link that goes down loses its routes and neighbours, IPv6's addresses too, but not IPv4's. One
 * at a time: with an address go those that were added to its subnet later.
 */
static struct status delete_addresses(int fd, const struct network_record *record)
{
	struct ifaddrmsg every = {.ifa_family = AF_UNSPEC};
	struct netlink_request r;

	for (;;) {
		struct address a = {.record = record};

		netlink_start(&r, RTM_GETADDR, 0, &every, sizeof(every));
		TRY(netlink_dump(fd, &r, look_at_address, &a));
		if (!a.len)
			return OK;
		netlink_start(&r, RTM_DELADDR, 0, &a.info, sizeof(a.info));
		netlink_put(&r, IFA_LOCAL, a.bytes, a.len);
		TRY(netlink_call(fd, &r));
	}
}

static struct status put_back_link(int fd, const struct network_change *change)
{
	int error = 0;

	if (change->brought_up)
		TRY(link_set_up(fd, change->index, false, &error));
	if (error == ENODEV)
		return OK;
	if (error)
		return system_failure("network", error, E_LEAVE_LINK);
	return change->former_mtu ? link_set_mtu(fd, change->index, change->former_mtu) : OK;
}

static struct status put_back(int fd, const struct network_record *record)
{
	for (size_t i = 0; i < record->count; i++)
		TRY(put_back_link(fd, &record->links[i]));
	TRY(delete_addresses(fd, record));
	return put_back_settings(record);
}

struct status network_leave(struct network_record *record)
{
	struct status s;
	int fd;

	TRY(netlink_open(&fd));
	s = put_back(fd, record);
	close(fd);
	*record = (struct network_record){0};
	return s;
}

struct status stage_leave(struct boot *b)
{
	return b->config.net_keep ? OK : network_leave(&b->network);
}
