/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of registers that several tests compare. */
#ifndef TESTS_UNIT_MEASURE_CC_VALUES_H
#define TESTS_UNIT_MEASURE_CC_VALUES_H

#include <string.h>
#include "tests/unit/test.h"
#include "tools/lib/hex.h"
#include "tools/measure/model/boot.h"

/*
 * Of the tests' own image, as a second implementation (Python, written from the Intel TDX Module
 * 1.5 ABI and the Design Guide) computes them.
 */
#define MRTD_BY_PAGES                                                      \
	"46f2646a3354a1bd328d42cb95174e6310df8c42ac978f9efa96ae01ba124052" \
	"3dad68190a7ee372a5225533b8bae05d"
#define MRTD_TWO_PASS                                                      \
	"bdec8d0bfcf991b61a3f3f4e38b29b58882d859593df6f5c0f269dd289860577" \
	"7ba15123b05285f6a42950ed15f8e36b"
#define SNP_OF_3                                                           \
	"b41dc7752c750a13b3b804b22c422e513769a4d7082bfa8cce0c0faa85c8c110" \
	"afd663a377ab25eec8275cb66af4d013"
#define SNP_WITH_KERNEL                                                    \
	"8a194eeec6c0128d39007add129147b1a13645b8f57347c6ae463d45c2186e85" \
	"522e3a29d3061f63f64d31419d3c20a6"

static inline void check_value(const struct boot_cc_value *value, const char *want)
{
	char hex[2 * BOOT_CC_LEN + 1];

	CHECK(value->asked && !value->unknown);
	hex_encode(value->value, BOOT_CC_LEN, hex);
	CHECK(strcmp(hex, want) == 0);
	if (strcmp(hex, want) != 0)
		fprintf(stderr, "got  %s\nwant %s\n", hex, want);
}

#endif
