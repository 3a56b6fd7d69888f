/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/luks_header.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "early/console.h"
#include "early/contract/errors.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct status luks_header_new(int *out_fd)
{
	int fd = memfd_create("header", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return system_failure("memfd", errno, E_HEADER_MEMORY);
	if (ftruncate(fd, HEADER_LEN)) {
		struct status s = system_failure("memfd", errno, E_HEADER_MEMORY_SIZE);

		close(fd);
		return s;
	}
	*out_fd = fd;
	return OK;
}

/* A header's first byte. */
struct place {
	int fd;
	off_t at;
};

/* Copies HEADER_LEN bytes; each is read from `from` exactly once. */
static struct status copy(
	struct place from, struct place to, uint16_t read_code, uint16_t write_code)
{
	uint8_t part[16384];

	for (size_t at = 0; at < HEADER_LEN; at += sizeof(part)) {
		ssize_t n = pread(from.fd, part, sizeof(part), from.at + (off_t)at);

		if (n >= 0 && n < (ssize_t)sizeof(part))
			errno = ENODATA;
		if (n != (ssize_t)sizeof(part))
			return system_failure("read", errno, read_code);
		if (pwrite(to.fd, part, sizeof(part), to.at + (off_t)at) != (ssize_t)sizeof(part))
			return system_failure("write", errno, write_code);
	}
	return OK;
}

struct status luks_header_copy(int fd, int *out_fd)
{
	struct status s;

	TRY(luks_header_new(out_fd));
	s = copy((struct place){fd, 0}, (struct place){*out_fd, 0}, E_REKEY_READ, E_REKEY_COPY);
	if (failed(s))
		close(*out_fd);
	return s;
}

struct status luks_header_read(const char *device, off_t at, int *out_fd)
{
	int disk = open(device, O_RDONLY | O_CLOEXEC);
	struct status s;
	int fd;

	if (disk < 0)
		return system_failure(device, errno, E_HEADER_OPEN);
	s = luks_header_new(&fd);
	if (!failed(s)) {
		s = copy((struct place){disk, at}, (struct place){fd, 0}, E_HEADER_READ,
			E_HEADER_COPY);
		if (!failed(s))
			s = luks_header_seal(fd);
		if (failed(s))
			close(fd);
		else
			*out_fd = fd;
	}
	close(disk);
	return s;
}

struct status luks_header_blank(const char *device, bool *out_blank)
{
	static uint8_t part[16384];
	int disk = open(device, O_RDONLY | O_CLOEXEC);
	struct status s = OK;
	uint8_t any = 0;

	if (disk < 0)
		return system_failure(device, errno, E_BLANK_OPEN);
	for (size_t at = 0; at < HEADER_LEN && !failed(s); at += sizeof(part)) {
		if (pread(disk, part, sizeof(part), (off_t)at) != (ssize_t)sizeof(part))
			s = system_failure(device, errno, E_BLANK_READ);
		for (size_t i = 0; i < sizeof(part); i++)
			any |= part[i];
	}
	close(disk);
	*out_blank = any == 0;
	return s;
}

struct status luks_header_seal(int fd)
{
	if (fcntl(fd, F_ADD_SEALS, SEALS))
		return system_failure("memfd", errno, E_HEADER_SEAL);
	return OK;
}

struct status luks_header_write(int fd, const char *device, off_t at)
{
	int disk = open(device, O_WRONLY | O_CLOEXEC);
	struct status s;

	if (disk < 0)
		return system_failure(device, errno, E_HEADER_WRITE_OPEN);
	s = copy((struct place){fd, 0}, (struct place){disk, at}, E_HEADER_REREAD, E_HEADER_WRITE);
	if (!failed(s) && fsync(disk))
		s = system_failure(device, errno, E_HEADER_SYNC);
	close(disk);
	return s;
}

struct status luks_header_mac(int fd, const uint8_t disk_key[DISK_KEY_LEN],
	const uint8_t disk_id[DISK_ID_LEN], uint64_t generation, uint8_t out[HEADER_MAC_LEN])
{
	uint8_t *header;

	/* What is not sealed could change between this look and the next. */
	if (fcntl(fd, F_GET_SEALS) != SEALS)
		return fail(E_HEADER_NOT_SEALED);
	header = mmap(NULL, HEADER_LEN, PROT_READ, MAP_PRIVATE, fd, 0);
	if (header == MAP_FAILED)
		return system_failure("memfd", errno, E_HEADER_MAP);
	header_mac(disk_key, disk_id, generation, header, out);
	munmap(header, HEADER_LEN);
	return OK;
}

void luks_header_path(int fd, char out[HEADER_PATH_MAX])
{
	(void)snprintf(out, HEADER_PATH_MAX, "/proc/self/fd/%d", fd);
}
