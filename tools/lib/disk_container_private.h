/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of disk_container.c: one writer and one reader for each format, and what they share. */
#ifndef TOOLS_LIB_DISK_CONTAINER_PRIVATE_H
#define TOOLS_LIB_DISK_CONTAINER_PRIVATE_H

#include "tools/lib/bytes.h"
#include "tools/lib/disk_container.h"

#define DISK_MIB     (1024u * 1024u)
#define DISK_BLOCK   4096u	  /* bytes: what is zero for so long is not stored */
#define DISK_LEN_MAX (1ull << 40) /* bytes: the largest disk that a reader takes */

bool disk_is_zero(const uint8_t *data, size_t len);
/* Writes at an offset of fd; complains. */
bool disk_put(int fd, const void *data, size_t len, uint64_t offset);

/* A view with memory of its own for len bytes, all zero; it costs what is written to it. */
bool disk_view_make(uint64_t len, struct disk_view *out, uint8_t **memory, struct flaw *flaw);

bool disk_gcp_write(const uint8_t *disk, size_t len, int fd);
bool disk_gcp_is(const uint8_t *file, size_t len);
bool disk_gcp_open(const uint8_t *file, size_t len, struct disk_view *out, struct flaw *flaw);

bool disk_vhd_write(const uint8_t *disk, size_t len, const uint8_t id[DISK_ID_LEN], int fd);
bool disk_vhd_is(const uint8_t *file, size_t len);
bool disk_vhd_open(const uint8_t *file, size_t len, struct disk_view *out, struct flaw *flaw);

bool disk_qcow2_write(const uint8_t *disk, size_t len, int fd);
bool disk_qcow2_is(const uint8_t *file, size_t len);
bool disk_qcow2_open(const uint8_t *file, size_t len, struct disk_view *out, struct flaw *flaw);

#endif
