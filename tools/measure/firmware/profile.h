/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Platforms by name, and what is known of their firmware: profiles.def.
 */
#ifndef TOOLS_MEASURE_FIRMWARE_PROFILE_H
#define TOOLS_MEASURE_FIRMWARE_PROFILE_H

#include <stdbool.h>

#define PROFILE_PCRS	8u /* 0 to 7 */
#define PROFILE_DEFAULT "qemu-ovmf"

/* How firmware measures the variable SecureBoot when it is off. */
enum secure_boot_form {
	FORM_OF_BUILD, /* one byte 0, or empty where Secure Boot was left out of the build */
	FORM_BYTE,
};

struct register_rule {
	enum { REGISTER_FROM_FILES, REGISTER_BARE, REGISTER_UNKNOWN } kind;
	const char *text; /* the remark or the reason; NULL: none */
};

struct profile {
	const char *name;
	enum secure_boot_form form;
	struct register_rule pcrs[PROFILE_PCRS];
};

/* All, ended by NULL. */
extern const char *const profile_names[];

/* NULL after a complaint that lists the names. */
const struct profile *profile_find(const char *name);

#endif
