/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy's word on each field of a SEV-SNP report, a report that fits it, and changes of both. */
#ifndef TESTS_INTEROP_SERVE_MUTATION_SNP_H
#define TESTS_INTEROP_SERVE_MUTATION_SNP_H

#include "early/contract/errors.h"
#include "tests/interop/serve/mutation.h"
#include "tests/interop/serve/tee_node.h"
#include "tests/interop/serve/tee_policy.h"

#define BITS(mask, value) "{\"mask\":\"" mask "\",\"value\":\"" value "\"}"
#define ONE_BIT		  "0000000000000001"
#define TCB_SNP		  "{\"bootloader\":31,\"tee\":63,\"snp\":223,\"microcode\":255}"
#define SNP_EACH                                                                                                                           \
	"{\"versions\":[5],\"keys\":[\"VCEK\"],\"vmpl\":0,"                                                                                \
	"\"guest_policy\":" BITS("0000000000030000",                                                                                       \
		"0000000000030000") ",\"abi\":\"1.55\","                                                                                   \
				    "\"measurement\":[\"" HEX_48("11") "\"],\"id_key\":[\"" HEX_48(                                        \
					    "33") "\"],"                                                                                   \
						  "\"author_key\":[\"" HEX_48(                                                             \
							  "44") "\"],\"guest_svn\":7,\"tcb\":{\"Genoa\":" TCB_SNP                          \
								"},\"committed\":\"1.55.29\",\"platform_info\":" BITS(                     \
									"0000000000000025",                                                \
									"0000000000000025") ",\"mitigations\":{\"launch\":\"" ONE_BIT      \
											    "\",\"current\":\"" ONE_BIT                    \
											    "\"},\"host_data\":\"" OF_16(                  \
												    "77")                                  \
												    OF_16("77") "\",\"allow\":[\"debug\"," \
														"\"migrate_ma\"]}"

/* What SNP_EACH expects; for tee_node's change_snp. */
void snp_fits(uint8_t report[SNP_REPORT_LEN]);

/* Changes of SNP_EACH, wherever a set has it. */
extern const struct mutation snp_changes[];
extern const size_t snp_change_count;

#endif
