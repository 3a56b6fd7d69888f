/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/state_header.h"

#include <unistd.h>

#include "crypto/secret.h"
#include "early/contract/errors.h"
#include "early/disk/luks_rekey.h"

static struct status check_mac(int header, const uint8_t *disk_id, const uint8_t *key,
	uint64_t generation, const uint8_t *expected)
{
	uint8_t mac[HEADER_MAC_LEN];

	TRY(luks_header_mac(header, key, disk_id, generation, mac));
	return equal_ct(mac, expected, sizeof(mac)) ? OK : fail(E_HEADER_MAC);
}

static struct status check_next(int header, const uint8_t *disk_id, const struct state_grant *g)
{
	return check_mac(header, disk_id, g->next_key, g->generation, g->next_header_mac);
}

static bool next_was_committed(const struct state_grant *g)
{
	static const uint8_t none[HEADER_MAC_LEN];

	return g->next_key && !equal_ct(g->next_header_mac, none, sizeof(none));
}

static struct status find_main(const char *device, const uint8_t *disk_id,
	const struct state_grant *g, int *out_fd, bool *out_next)
{
	struct status s;
	int fd;

	TRY(luks_header_read(device, 0, &fd));
	*out_next = false;
	s = check_mac(fd, disk_id, g->disk_key, g->generation, g->header_mac);
	if (s.code == E_HEADER_MAC && next_was_committed(g)) {
		*out_next = true;
		s = check_next(fd, disk_id, g);
	}
	if (failed(s))
		close(fd);
	else
		*out_fd = fd;
	return s;
}

/* The power was cut while the new header was written to its place. */
static struct status find_spare(
	const char *device, const uint8_t *disk_id, const struct state_grant *g, int *out_fd)
{
	struct status s;
	int fd;

	TRY(luks_header_read(device, SPARE_AT, &fd));
	s = check_next(fd, disk_id, g);
	if (!failed(s))
		s = luks_header_write(fd, device, 0);
	if (failed(s))
		close(fd);
	else
		*out_fd = fd;
	return s;
}

struct status state_header_find(const char *device, const uint8_t disk_id[DISK_ID_LEN],
	const struct state_grant *g, int *out_fd, bool *out_next)
{
	struct status s = find_main(device, disk_id, g, out_fd, out_next);

	/* A write that was cut may leave what cannot be read as well. */
	if (!failed(s) || !next_was_committed(g))
		return s;
	*out_next = true;
	return find_spare(device, disk_id, g, out_fd);
}

struct status state_header_next(const char *device, const uint8_t disk_id[DISK_ID_LEN],
	const struct state_grant *g, const struct luks_profile *profile, int header, int *out_fd,
	uint8_t out_mac[HEADER_MAC_LEN])
{
	struct status s;
	int fd;

	TRY(luks_rekey(header, profile, g->disk_key, g->next_key, &fd));
	s = luks_header_mac(fd, g->next_key, disk_id, g->generation + 1, out_mac);
	if (!failed(s))
		s = luks_header_write(fd, device, SPARE_AT);
	if (failed(s))
		close(fd);
	else
		*out_fd = fd;
	return s;
}
