/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy's word on each field of a TDX quote, a quote that fits it, and changes of both. */
#ifndef TESTS_INTEROP_SERVE_MUTATION_TDX_H
#define TESTS_INTEROP_SERVE_MUTATION_TDX_H

#include "early/contract/errors.h"
#include "tests/interop/serve/mutation.h"
#include "tests/interop/serve/tee_node.h"
#include "tests/interop/serve/tee_policy.h"

/* All that a set can say of a quote. */
#define TDX_TCB_IS                                    \
	"\"tcb\":[{\"status\":\"SWHardeningNeeded\"," \
	"\"advisories\":[\"INTEL-SA-00001\"]}],"
#define TDX_BITS(name, bits) "\"" name "\":{\"mask\":\"" bits "\",\"value\":\"" bits "\"},"
#define TDX_BITS_ARE \
	TDX_BITS("td_attributes", "0000000010000000") TDX_BITS("xfam", "00000000000602e7")
#define TDX_SEAM_IS TDX_LIST("mrsignerseam", "00") TDX_LIST("mrseam", "12")
#define TDX_OWNERS_ARE \
	TDX_LIST("mrservicetd", "00") TDX_LIST("mrconfigid", "42") TDX_LIST("mrowner", "43")
#define TDX_LOW_RTMRS  TDX_LIST("rtmr0", "20") TDX_LIST("rtmr1", "21")
#define TDX_HIGH_RTMRS TDX_LIST("rtmr2", "22") TDX_LIST("rtmr3", "00")
#define TDX_EACH                                                                               \
	"{" TDX_TCB_IS TDX_BITS_ARE TDX_SEAM_IS TDX_OWNERS_ARE TDX_LIST("mrownerconfig", "44") \
		TDX_LOW_RTMRS TDX_HIGH_RTMRS "\"mrtd\":[\"" HEX_48("11") "\"]}"

/* What TDX_EACH expects; for tee_node's change_tdx. */
void tdx_fits(struct tdx_quote_spec *q);
/* Collateral for it, and wrong files beside it. */
void tdx_write_files(void);

/* Changes of TDX_EACH, wherever a set has it. */
extern const struct mutation tdx_changes[];
extern const size_t tdx_change_count;

#endif
