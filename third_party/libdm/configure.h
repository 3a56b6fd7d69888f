/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libdevmapper without udev, SELinux and symbol versions: it makes the nodes in /dev/mapper itself.
 * Given to every file of it with -include.
 */
#define DM_LIB_VERSION		      "1.02.205 (2025-02-27)"
#define DM_IOCTLS		      1
#define DM_DEVICE_UID		      0
#define DM_DEVICE_GID		      0
#define DM_DEVICE_MODE		      0600
#define DEFAULT_DM_RUN_DIR	      "/run"
#define DEFAULT_DM_NAME_MANGLING      DM_STRING_MANGLING_AUTO
#define DEFAULT_DM_ADD_NODE	      DM_ADD_NODE_ON_RESUME
#define HAVE_ALLOCA_H		      1
#define HAVE_REALTIME		      1
#define HAVE_UNAME		      1
#define HAVE___BUILTIN_CLZ	      1
#define HAVE___BUILTIN_CLZLL	      1
#define HAVE___BUILTIN_FFS	      1
#define LSTAT_FOLLOWS_SLASHED_SYMLINK 1
#define MAJOR_IN_SYSMACROS	      1
#define STDC_HEADERS		      1
