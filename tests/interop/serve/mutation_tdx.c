/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/serve/mutation_tdx.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tools/lib/hex.h"

void tdx_fits(struct tdx_quote_spec *q)
{
	memset(q->body.mrconfigid, 0x42, TDX_DIGEST_LEN);
	memset(q->body.mrowner, 0x43, TDX_DIGEST_LEN);
	memset(q->body.mrownerconfig, 0x44, TDX_DIGEST_LEN);
}

#define TEXT_CAP 16384u

#define OTHER(member, first, code)                                                            \
	{                                                                                     \
		"tdx." member, "\"" member "\":[\"" first, "\"" member "\":[\"99", code, NULL \
	}
#define TCB	"\"status\":\"SWHardeningNeeded\""
#define ALLOWED "{" TCB ",\"advisories\":[\"INTEL-SA-00001\"]}"
const struct mutation tdx_changes[] = {
	{"tdx.tcb", ALLOWED, "{\"status\":\"OutOfDate\"}", E_DENY_PLATFORM, NULL},
	{"tdx.allowed.status", TCB, "\"status\":\"ConfigurationNeeded\"", E_DENY_PLATFORM, NULL},
	{"tdx.allowed.advisories", "INTEL-SA-00001", "INTEL-SA-00002", E_DENY_PLATFORM, NULL},
	OTHER("mrsignerseam", "00", E_DENY_PLATFORM),
	OTHER("mrseam", "12", E_DENY_PLATFORM),
	OTHER("mrservicetd", "00", E_DENY_PLATFORM),
	OTHER("mrconfigid", "42", E_DENY_PLATFORM),
	OTHER("mrowner", "43", E_DENY_PLATFORM),
	OTHER("mrownerconfig", "44", E_DENY_PLATFORM),
	OTHER("mrtd", "11", E_DENY_MEASUREMENTS),
	OTHER("rtmr0", "20", E_DENY_MEASUREMENTS),
	OTHER("rtmr1", "21", E_DENY_MEASUREMENTS),
	OTHER("rtmr2", "22", E_DENY_MEASUREMENTS),
	OTHER("rtmr3", "00", E_DENY_MEASUREMENTS),
	{"tdx.td_attributes", "\"value\":\"0000000010000000\"", "\"value\":\"0000000000000000\"",
		E_DENY_PLATFORM, NULL},
	{"tdx.xfam", "\"value\":\"00000000000602e7\"", "\"value\":\"00000000000600e7\"",
		E_DENY_PLATFORM, NULL},
	{"tdx.waive", "\"mrtd\":", "\"waive\":[\"xfam\"],\"mrtd\":", NOT_READ, NULL},
};
const size_t tdx_change_count = sizeof(tdx_changes) / sizeof(tdx_changes[0]);

static char allowed[128], denied[128];

#define TRUST(member, from, to, code)                     \
	{                                                 \
		"tdx_trust." member, from, to, code, NULL \
	}
static const struct mutation trust_changes[] = {
	TRUST("roots", "\"root.pem\"", "\"other/root.pem\"", E_DENY_HARDWARE),
	TRUST("tcb_info", "\"tcb-info.json\"", "\"other-info.json\"", E_DENY_HARDWARE),
	TRUST("qe_identity", "\"qe-identity.json\"", "\"other-identity.json\"", E_DENY_HARDWARE),
	TRUST("signing_chain", "\"signing.pem\"", "\"other/signing.pem\"", NOT_READ),
	TRUST("crls", "\"pck.crl\"", "\"revoking/pck.crl\"", E_DENY_HARDWARE),
	TRUST("min_evaluation", "\"min_evaluation\": 18", "\"min_evaluation\": 19",
		E_DENY_HARDWARE),
	TRUST("chips", allowed, "\"allow\":[\"" OF_16("ee") "\"]", E_DENY_PLATFORM),
	TRUST("chip.allow", allowed, "\"allow\":[\"" OF_16("ee") "\"]", E_DENY_PLATFORM),
	TRUST("chip.deny", "\"deny\":[\"" OF_16("ee") "\"]", denied, E_DENY_PLATFORM),
	TRUST("waive", "\"chips\":", "\"waive\":[\"crls\"],\"chips\":", NOT_READ),
	{"evidence.evidence.tdx", allowed, "\"allow\":[\"" OF_16("ed") "\"]", E_DENY_PLATFORM,
		NULL},
	{"sets.set.tdx", "\"mrtd\":[\"11", "\"mrtd\":[\"10", E_DENY_MEASUREMENTS, NULL},
	{"sets.set.family", "\"family\":\"ours\"", "\"family\":\"theirs\"", E_DENY_NODE_DISK, NULL},
};

/* Collateral of another platform, and of another quoting enclave, by the same signer. */
static void write_others(const struct tdx_collateral_spec *c)
{
	struct tdx_collateral_spec enclave = *c;
	struct tdx_pki other = tee_intel;
	char text[TEXT_CAP], path[160];

	other.spec.fmspc[0] ^= 1;
	tdx_pki_tcb_info(&other, c, text, sizeof(text));
	snprintf(path, sizeof(path), "%s/other-info.json", at.folder);
	tdx_pki_write_signed(tee_intel.signer_key, "tcbInfo", text, path);
	enclave.qe_mrsigner = OF_16("ee") OF_16("ee");
	tdx_pki_qe_identity(&enclave, text, sizeof(text));
	snprintf(path, sizeof(path), "%s/other-identity.json", at.folder);
	tdx_pki_write_signed(tee_intel.signer_key, "enclaveIdentity", text, path);
}

static void write_in(const struct tdx_pki *p, const struct tdx_collateral_spec *c, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", at.folder, name);
	mkdir(path, 0700);
	tdx_pki_write_all(p, c, path);
}

void tdx_write_files(void)
{
	struct tdx_pki_spec spec = tdx_pki_spec((int64_t)time(NULL));
	struct tdx_collateral_spec c = tdx_collateral_spec((int64_t)time(NULL));
	static char level[TDX_LEVEL_TEXT_MAX];
	struct tdx_pki stranger;

	tdx_pki_level(&tee_intel, 0, 3, "SWHardeningNeeded", "[\"INTEL-SA-00001\"]", level);
	c.tcb_levels = level;
	tdx_pki_write_all(&tee_intel, &c, at.folder);
	write_others(&c);
	tdx_pki_make(&stranger, &spec);
	write_in(&stranger, &c, "other");
	tdx_pki_free(&stranger);
	c.revoked = tee_intel.pck;
	write_in(&tee_intel, &c, "revoking");
}

static const struct tee_node node = {.kinds = TEE(EVIDENCE_TDX), .change_tdx = tdx_fits};

static uint16_t boot(void)
{
	struct outcome o;

	return tee_boot(&node, disk_1, &o);
}

void mutate_tdx(void)
{
	static char policy[16384];
	struct mutated m = {"TDX", policy, boot, NULL, LIST_OF(trust_changes)};
	char ppid[2 * TDX_PPID_LEN + 1];

	tdx_write_files();
	hex_encode(tee_intel.spec.ppid, TDX_PPID_LEN, ppid);
	snprintf(allowed, sizeof(allowed), "\"allow\":[\"%s\"]", ppid);
	snprintf(denied, sizeof(denied), "\"deny\":[\"%s\"]", ppid);
	snprintf(policy, sizeof(policy),
		"{\"identity\":{\"tee\":true},\"evidence\":{\"tdx\":{\"chips\":{%s,\"deny\":"
		"[\"" OF_16("ee") "\"]},%s},\"sets\":[{\"name\":\"one\",\"recognise\":\"set\","
				  "\"family\":\"ours\"," NO_SEAL ",\"tdx\":" TDX_EACH "}]}",
		allowed, &TDX_PKI_EVIDENCE[1]);
	mutate(&m);
	m.rows = tdx_changes;
	m.count = tdx_change_count;
	mutate(&m);
}
