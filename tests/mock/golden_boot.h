/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Predicted boots of the golden event logs, from what is written down of their inputs: digests of
 * sections and images, not their bytes.
 */
#ifndef TESTS_MOCK_GOLDEN_BOOT_H
#define TESTS_MOCK_GOLDEN_BOOT_H

#include "tools/measure/evidence/evidence.h"
#include "tools/measure/model/boot.h"

struct golden {
	const char *folder; /* with inputs.json */
	const char *name;   /* whose image: "o252" */
	unsigned stub;	    /* 252, 254, 257 or 258 */
	bool secure_boot;
	const uint8_t *initrd; /* digest of what the kernel gets; NULL: the section */
	/* A log whose events are taken for what files do not tell here: PCRs of the mask. */
	const struct evidence_log *firmware;
	uint32_t firmware_pcrs;
};

/* Exits the program when the inputs cannot be read: a test without them makes no sense. */
void golden_boot(const struct golden *golden, struct boot *boot);

#endif
