/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/disk_container.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tools/lib/disk_container_private.h"
#include "tools/lib/report.h"

const char *const disk_container_names[DISK_CONTAINER_COUNT + 1] = {
	[DISK_RAW] = "raw",
	[DISK_GCP] = "gcp",
	[DISK_VHD] = "vhd",
	[DISK_QCOW2] = "qcow2",
};

static const char *const files[DISK_CONTAINER_COUNT] = {
	[DISK_RAW] = "disk.img",
	[DISK_GCP] = "disk.tar.gz",
	[DISK_VHD] = "disk.vhd",
	[DISK_QCOW2] = "disk.qcow2",
};

static const uint64_t units[DISK_CONTAINER_COUNT] = {
	[DISK_RAW] = DISK_MIB,
	[DISK_GCP] = 1024ull * DISK_MIB, /* what Compute Engine imports */
	[DISK_VHD] = DISK_MIB,		 /* what Azure imports */
	[DISK_QCOW2] = DISK_MIB,
};

uint64_t disk_container_unit(enum disk_container kind)
{
	return units[kind];
}

const char *disk_container_name(enum disk_container kind)
{
	return disk_container_names[kind];
}

const char *disk_container_file(enum disk_container kind)
{
	return files[kind];
}

bool disk_container_by_name(const char *name, enum disk_container *out)
{
	for (unsigned i = 0; i < DISK_CONTAINER_COUNT; i++) {
		if (strcmp(disk_container_names[i], name) == 0) {
			*out = (enum disk_container)i;
			return true;
		}
	}
	return false;
}

bool disk_is_zero(const uint8_t *data, size_t len)
{
	return len == 0 || (data[0] == 0 && memcmp(data, data + 1, len - 1) == 0);
}

bool disk_put(int fd, const void *data, size_t len, uint64_t offset)
{
	const uint8_t *from = data;

	while (len) {
		ssize_t n = pwrite(fd, from, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return complain("cannot write the disk image: %s", strerror(errno));
		from += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return true;
}

bool disk_view_make(uint64_t len, struct disk_view *out, uint8_t **memory, struct flaw *flaw)
{
	void *p;

	if (!len || len > DISK_LEN_MAX)
		return flaw_at(flaw, 0, "the disk inside is empty, or larger than 1 TiB");
	p = mmap(NULL, (size_t)len, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return flaw_at(flaw, 0, "there is no room in memory for the disk inside");
	*memory = p;
	*out = (struct disk_view){.data = p, .len = (size_t)len, .own = true};
	return true;
}

bool disk_container_write(enum disk_container kind, const uint8_t *disk, size_t len,
	const uint8_t id[DISK_ID_LEN], int fd)
{
	switch (kind) {
	case DISK_GCP:
		return disk_gcp_write(disk, len, fd);
	case DISK_VHD:
		return disk_vhd_write(disk, len, id, fd);
	case DISK_QCOW2:
		return disk_qcow2_write(disk, len, fd);
	case DISK_RAW:
	case DISK_CONTAINER_COUNT:
		break;
	}
	return complain("a raw disk image has no container");
}

enum disk_container disk_container_of(const uint8_t *file, size_t len)
{
	if (disk_gcp_is(file, len))
		return DISK_GCP;
	if (disk_qcow2_is(file, len))
		return DISK_QCOW2;
	return disk_vhd_is(file, len) ? DISK_VHD : DISK_RAW;
}

bool disk_container_open(enum disk_container kind, const uint8_t *file, size_t len,
	struct disk_view *out, struct flaw *flaw)
{
	switch (kind) {
	case DISK_GCP:
		return disk_gcp_open(file, len, out, flaw);
	case DISK_VHD:
		return disk_vhd_open(file, len, out, flaw);
	case DISK_QCOW2:
		return disk_qcow2_open(file, len, out, flaw);
	case DISK_RAW:
	case DISK_CONTAINER_COUNT:
		break;
	}
	return flaw_at(flaw, 0, "a raw disk image has no container");
}

void disk_container_close(struct disk_view *view)
{
	if (view->own)
		munmap((void *)(uintptr_t)view->data, view->len);
	*view = (struct disk_view){0};
}
