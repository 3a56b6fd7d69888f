/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's file systems that every later stage needs: /proc, /sys with securityfs, /dev and a
 * /run of PID 1's own, which goes over to the root file system. What is mounted where, and with
 * which flags, is one table in mounts.c.
 */
#ifndef EARLY_MOUNTS_H
#define EARLY_MOUNTS_H

#include "efi/base/status.h"

/* Mounts the table below `root` ("" for the real root). What was done before a failure stays. */
struct status mounts_make(const char *root) MUST_CHECK;

#endif
