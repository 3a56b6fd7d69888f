/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy's word on each field of a SEV-SNP report, a report that fits it, and changes of both. */
#ifndef TESTS_INTEROP_SERVE_MUTATION_SNP_H
#define TESTS_INTEROP_SERVE_MUTATION_SNP_H

#include "early/contract/errors.h"
#include "tests/interop/serve/mutation.h"
#include "tests/interop/serve/tee_node.h"
#include "tests/interop/serve/tee_policy.h"

/* All that a set can say of a report; each member is a part of its own for the changes' sake. */
#define ONE_BIT		       "0000000000000001"
#define TCB_SNP		       "{\"bootloader\":31,\"tee\":63,\"snp\":223,\"microcode\":255}"
#define SNP_POLICY_BITS	       "{\"mask\":\"0000000000030000\",\"value\":\"0000000000030000\"}"
#define SNP_INFO_BITS	       "{\"mask\":\"0000000000000025\",\"value\":\"0000000000000025\"}"
#define SNP_REPORT_IS	       "\"versions\":[5],\"keys\":[\"VCEK\"],\"vmpl\":0,"
#define SNP_GUEST_IS	       "\"guest_policy\":" SNP_POLICY_BITS "," SNP_NUMBERS_ARE
#define SNP_NUMBERS_ARE	       "\"abi\":\"1.55\",\"guest_svn\":7,"
#define SNP_DIGEST(name, byte) "\"" name "\":[\"" HEX_48(byte) "\"],"
#define SNP_DIGESTS \
	SNP_DIGEST("measurement", "11") SNP_DIGEST("id_key", "33") SNP_DIGEST("author_key", "44")
#define SNP_PLATFORM_IS                                                              \
	"\"tcb\":{\"Genoa\":" TCB_SNP "},\"committed\":\"1.55.29\","                 \
	"\"platform_info\":" SNP_INFO_BITS ",\"mitigations\":{\"launch\":\"" ONE_BIT \
	"\",\"current\":\"" ONE_BIT "\"},"
#define SNP_HOST_IS "\"host_data\":\"" OF_16("77") OF_16("77") "\","
#define SNP_EACH                                                               \
	"{" SNP_REPORT_IS SNP_GUEST_IS SNP_DIGESTS SNP_PLATFORM_IS SNP_HOST_IS \
	"\"allow\":[\"debug\",\"migrate_ma\"]}"

/* What SNP_EACH expects; for tee_node's change_snp. */
void snp_fits(uint8_t report[SNP_REPORT_LEN]);

/* Changes of SNP_EACH, wherever a set has it. */
extern const struct mutation snp_changes[];
extern const size_t snp_change_count;

#endif
