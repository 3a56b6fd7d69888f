/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies for nodes whose processors report what runs; the service is started anew with each. */
#ifndef TESTS_INTEROP_SERVE_TEE_POLICY_H
#define TESTS_INTEROP_SERVE_TEE_POLICY_H

#include <stdbool.h>

#define OF_4(pair)   pair pair pair pair
#define OF_16(pair)  OF_4(pair) OF_4(pair) OF_4(pair) OF_4(pair)
#define HEX_48(pair) OF_16(pair) OF_16(pair) OF_16(pair)

/* What the reports of tee_node.h say. */
#define SNP_EVIDENCE(chips)                                                             \
	"\"snp\":{\"roots\":[\"ark.pem\"],\"certificates\":[\"ask.pem\",\"vcek.pem\"]," \
	"\"products\":[\"Genoa\"]," chips "}"
#define ANY_CHIP "\"waive\":[\"crls\",\"chips\"]"
#define SNP_WANTS(measurement, microcode, vmpl)                                                   \
	"{\"versions\":[5],\"keys\":[\"VCEK\"],\"vmpl\":" vmpl ",\"measurement\":[\"" measurement \
	"\"],\"tcb\":{\"Genoa\":{\"bootloader\":31,\"tee\":63,\"snp\":223,"                       \
	"\"microcode\":" microcode "}},\"waive\":[\"guest_policy\",\"abi\",\"id_key\","           \
	"\"author_key\",\"guest_svn\",\"committed\",\"platform_info\",\"mitigations\","           \
	"\"host_data\"]}"
#define SNP_GOOD	      SNP_WANTS(HEX_48("11"), "255", "0")
#define TDX_LIST(name, digit) "\"" name "\":[\"" HEX_48(digit) "\"],"
#define TDX_WANTS(mrtd, more)                                                               \
	"{\"mrtd\":[\"" mrtd "\"]," TDX_LIST("mrseam", "12") TDX_LIST("mrsignerseam", "00") \
		TDX_LIST("rtmr0", "20") TDX_LIST("rtmr1", "21") TDX_LIST(                   \
			"rtmr2", "22") "\"waive\":[\"td_attributes\",\"xfam\","             \
				       "\"mrconfigid\",\"mrowner\",\"mrownerconfig\"" more "]}"
#define TDX_GOOD  TDX_WANTS(HEX_48("11"), "")
#define NO_SEAL	  "\"accept_risk\":[\"no_seal\"]"
#define SNP_ALONE "{\"name\":\"snp\",\"recognise\":\"chip\"," NO_SEAL ",\"snp\":" SNP_GOOD "}"
#define TDX_ALONE "{\"name\":\"tdx\",\"recognise\":\"chip\",\"tdx\":" TDX_GOOD "}"

/* With these sets, and an empty store. */
void tee_serve(const char *sets);
/* The same with a word on chips in SNP_EVIDENCE(). */
void tee_serve_chips(const char *snp_evidence, const char *sets);
/* One set that has the machines' PCRs and these members; more_sets begins with a comma, or is "".
 */
void tee_serve_tpm_and(const char *members, const char *more_sets);
/* The same for whoever comes first, so that sets may name no processor's report. */
void tee_serve_first_use(const char *members, const char *more_sets);

#endif
