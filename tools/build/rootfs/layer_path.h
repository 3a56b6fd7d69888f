/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the path of a layer's entry says: a file of the layer, or a whiteout, which takes away what
 * layers below have there (OCI image specification: layers; Docker's and AUFS's
 * names).
 */
#ifndef TOOLS_BUILD_ROOTFS_LAYER_PATH_H
#define TOOLS_BUILD_ROOTFS_LAYER_PATH_H

#include <stddef.h>

#define LAYER_PATH_MAX 4095u /* bytes of a path: Linux's PATH_MAX without its NUL */
#define LAYER_NAME_MAX 255u  /* bytes of one name */

enum layer_path_kind {
	LAYER_FILE,
	LAYER_WHITEOUT, /* DIR/.wh.NAME: NAME goes */
	LAYER_OPAQUE,	/* DIR/.wh..wh..opq: everything in DIR goes */
	LAYER_REFUSED,
};

struct layer_path {
	enum layer_path_kind kind;
	size_t dir_len;	  /* the folder is the first dir_len bytes of the path; 0: the top */
	const char *name; /* in it: of the file, or of what goes; in the path itself */
	const char *why;  /* LAYER_REFUSED: a constant text */
};

/* Takes apart a path as tar_list has it: names with one '/' between, "" for the root. */
struct layer_path layer_path_read(const char *path);

#endif
