/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/serve/mutation_snp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/lib/hex.h"

#define DAY_S 86400

void snp_fits(uint8_t report[SNP_REPORT_LEN])
{
	report[0x004] = 7;
	report[0x008] = 55; /* POLICY: ABI 1.55 */
	report[0x009] = 1;
	report[0x00a] = 0x0f; /* SMT, always 1, MIGRATE_MA, DEBUG */
	report[0x048] |= 1;   /* there is an author key */
	memset(report + 0x0c0, 0x77, SNP_HOST_DATA_LEN);
	memset(report + 0x0e0, 0x33, 48);
	memset(report + 0x110, 0x44, 48);
}

#define LESS(member, from, to)                                 \
	{                                                      \
		"snp." member, from, to, E_DENY_PLATFORM, NULL \
	}
const struct mutation snp_changes[] = {
	LESS("versions", "\"versions\":[5]", "\"versions\":[4]"),
	LESS("keys", "\"keys\":[\"VCEK\"]", "\"keys\":[\"VLEK\"],\"csp\":[\"CN=cloud.example\"]"),
	LESS("vmpl", "\"vmpl\":0", "\"vmpl\":1"),
	LESS("guest_policy", "\"value\":\"0000000000030000\"", "\"value\":\"0000000000020000\""),
	LESS("abi", "\"abi\":\"1.55\"", "\"abi\":\"1.56\""),
	LESS("id_key", "\"id_key\":[\"33", "\"id_key\":[\"34"),
	LESS("author_key", "\"author_key\":[\"44", "\"author_key\":[\"45"),
	LESS("guest_svn", "\"guest_svn\":7", "\"guest_svn\":8"),
	LESS("tcb", "\"Genoa\":" TCB_SNP, "\"Milan\":" TCB_SNP),
	LESS("tcb", "\"bootloader\":31", "\"bootloader\":32"),
	LESS("tcb", "\"tee\":63", "\"tee\":64"),
	LESS("tcb", "\"snp\":223", "\"snp\":224"),
	LESS("committed", "\"committed\":\"1.55.29\"", "\"committed\":\"1.55.30\""),
	LESS("platform_info", "\"value\":\"0000000000000025\"", "\"value\":\"0000000000000021\""),
	LESS("mitigations", "\"launch\":\"" ONE_BIT "\"", "\"launch\":\"0000000000000003\""),
	LESS("mitigations", "\"current\":\"" ONE_BIT "\"", "\"current\":\"0000000000000003\""),
	LESS("host_data", "\"host_data\":\"77", "\"host_data\":\"78"),
	LESS("allow", "\"allow\":[\"debug\",", "\"allow\":["),
	LESS("allow", ",\"migrate_ma\"]", "]"),
	{"snp.measurement", "\"measurement\":[\"11", "\"measurement\":[\"12", E_DENY_MEASUREMENTS,
		NULL},
	{"snp.waive", "\"vmpl\":0", "\"vmpl\":0,\"waive\":[\"abi\"]", NOT_READ, NULL},
};
const size_t snp_change_count = sizeof(snp_changes) / sizeof(snp_changes[0]);

static const struct tee_node alone = {.kinds = TEE(EVIDENCE_SNP), .change_snp = snp_fits};
static const struct tee_node svsm = {
	.tpm = &at.a, .kinds = TEE(EVIDENCE_SVSM), .change_snp = snp_fits};
static struct snp_pki cloud;
static const struct tee_node vlek = {
	.amd = &cloud, .kinds = TEE(EVIDENCE_SNP), .change_snp = snp_fits};

static uint16_t boot(const struct tee_node *n)
{
	struct outcome o;

	return tee_boot(n, disk_1, &o);
}

static uint16_t boot_alone(void)
{
	return boot(&alone);
}

static uint16_t boot_svsm(void)
{
	return boot(&svsm);
}

static uint16_t boot_vlek(void)
{
	return boot(&vlek);
}

static char *in_folder(const char *name, char path[160])
{
	snprintf(path, 160, "%s/%s", at.folder, name);
	return path;
}

/* The chain of a cloud's VLEK, and lists of revoked certificates. */
static void write_files(void)
{
	int64_t now_s = (int64_t)time(NULL);
	struct snp_pki_spec spec = snp_pki_spec(SNP_GENOA, SNP_KEY_VLEK, now_s);
	struct snp_pki milan;
	char path[160];

	snp_pki_make(&cloud, &spec);
	snp_pki_write(cloud.ark, in_folder("ark-vlek.pem", path));
	spec = snp_pki_spec(SNP_MILAN, SNP_KEY_VCEK, now_s);
	snp_pki_make(&milan, &spec);
	snp_pki_write(milan.ark, in_folder("ark-milan.pem", path));
	snp_pki_free(&milan);
	snp_pki_write_crl(
		&tee_amd, false, now_s - DAY_S, now_s + DAY_S, in_folder("ark.crl", path));
	snp_pki_write_crl(
		&tee_amd, true, now_s - DAY_S, now_s + DAY_S, in_folder("revoking.crl", path));
}

static char this_chip[2 * SNP_CHIP_ID_LEN + 1], allowed[512], denied[512];
#define OTHER_CHIP OF_16("ee") OF_16("ee") OF_16("ee") OF_16("ee")

#define TRUST(member, from, to, code)                     \
	{                                                 \
		"snp_trust." member, from, to, code, NULL \
	}
static const struct mutation trust_changes[] = {
	TRUST("roots", "\"ark.pem\"", "\"ark-vlek.pem\"", E_DENY_HARDWARE),
	TRUST("crls", "\"ark.crl\"", "\"revoking.crl\"", E_DENY_HARDWARE),
	TRUST("products", "\"products\":[\"Genoa\"]", "\"products\":[\"Milan\"]", E_DENY_PLATFORM),
	TRUST("chips", allowed, "\"allow\":[\"" OTHER_CHIP "\"]", E_DENY_PLATFORM),
	TRUST("chip.allow", allowed, "\"allow\":[\"" OTHER_CHIP "\"]", E_DENY_PLATFORM),
	TRUST("chip.deny", "\"deny\":[\"" OTHER_CHIP "\"]", denied, E_DENY_PLATFORM),
	TRUST("waive", "\"products\"", "\"waive\":[\"crls\"],\"products\"", NOT_READ),
	{"evidence.evidence.snp", allowed, "\"allow\":[\"" OTHER_CHIP "\"]", E_DENY_PLATFORM, NULL},
	{"sets.set.snp", "\"snp\":{\"versions\":[5]", "\"snp\":{\"versions\":[3]", E_DENY_PLATFORM,
		NULL},
	{"sets.set.accept_risk", ",\"accept_risk\":[\"no_seal\"]", "", NOT_READ, NULL},
};
#undef TRUST

static const struct mutation svsm_changes[] = {
	{"sets.set.svsm", "\"svsm\":{\"versions\":[5]", "\"svsm\":{\"versions\":[3]",
		E_DENY_PLATFORM, NULL},
};

static const struct mutation vlek_changes[] = {
	{"snp.csp", "CN=cloud.example", "CN=cloud.exampla", E_DENY_PLATFORM, NULL},
	{"snp.keys", "\"keys\":[\"VLEK\"],\"csp\":[\"CN=cloud.example\"]", "\"keys\":[\"VCEK\"]",
		E_DENY_PLATFORM, NULL},
	{"snp_trust.waive", "\"crls\",", "", NOT_READ, NULL},
};

#define EVIDENCE(chips)                                   \
	"{\"snp\":{\"roots\":[\"%s\",\"ark-milan.pem\"]," \
	"\"products\":[\"Genoa\"]," chips "}}"
#define POLICY(chips, set)                                     \
	"{\"identity\":{\"tee\":true},\"evidence\":" EVIDENCE( \
		chips) ",\"sets\":[{\"name\":\"one\",%s" set "}]}"
#define CHIPS "\"crls\":[\"ark.crl\"],\"chips\":{%s,\"deny\":[\"" OTHER_CHIP "\"]}"

static char policy[16384];

static void mutate_alone(void)
{
	struct mutated m = {"SEV-SNP", policy, boot_alone, NULL, trust_changes,
		sizeof(trust_changes) / sizeof(trust_changes[0])};

	snprintf(policy, sizeof(policy),
		POLICY(CHIPS, "\"recognise\":\"chip\"%s,\"snp\":" SNP_EACH), "ark.pem", allowed, "",
		",\"accept_risk\":[\"no_seal\"]");
	mutate(&m);
	m.rows = snp_changes;
	m.count = snp_change_count;
	mutate(&m);
}

static void mutate_svsm(void)
{
	struct mutated m = {"SVSM", policy, boot_svsm, NULL, LIST_OF(svsm_changes)};
	char set[sizeof(at.set) + 2];

	snprintf(set, sizeof(set), "%s,", at.set);
	snprintf(policy, sizeof(policy), POLICY(CHIPS, "\"svsm\":" SNP_EACH), "ark.pem", allowed,
		set);
	mutate(&m);
	m.rows = snp_changes;
	m.count = snp_change_count;
	mutate(&m);
}

#define SNP_OF_CLOUD                                                                              \
	"{\"versions\":[5],\"keys\":[\"VLEK\"],\"csp\":[\"CN=cloud.example\"],\"vmpl\":0,"        \
	"\"measurement\":[\"" HEX_48(                                                             \
		"11") "\"],\"tcb\":{\"Genoa\":" TCB_SNP "},"                                      \
		      "\"allow\":[\"debug\",\"migrate_ma\"],\"waive\":[\"guest_policy\",\"abi\"," \
		      "\"id_key\",\"author_key\",\"guest_svn\",\"committed\",\"platform_info\","  \
		      "\"mitigations\",\"host_data\"]}"

static void mutate_vlek(void)
{
	struct mutated m = {"VLEK", policy, boot_vlek, NULL, LIST_OF(vlek_changes)};

	snprintf(policy, sizeof(policy),
		POLICY(ANY_CHIP, "\"recognise\":\"host_data\"," NO_SEAL ",\"snp\":" SNP_OF_CLOUD),
		"ark-vlek.pem", "");
	mutate(&m);
}

void mutate_snp(void)
{
	write_files();
	hex_encode(tee_amd.spec.chip_id, SNP_CHIP_ID_LEN, this_chip);
	snprintf(allowed, sizeof(allowed), "\"allow\":[\"%s\"]", this_chip);
	snprintf(denied, sizeof(denied), "\"deny\":[\"%s\"]", this_chip);
	mutate_alone();
	mutate_svsm();
	mutate_vlek();
	snp_pki_free(&cloud);
}
