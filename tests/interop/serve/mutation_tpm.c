/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy says of TPMs, of who has them, and of sets, nodes and disks as such. */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/digest.h"
#include "early/contract/errors.h"
#include "tests/interop/serve/identity_setting.h"
#include "tests/interop/serve/mutation.h"
#include "tests/interop/serve/tee_policy.h"
#include "tools/evidence/tpm/key.h"
#include "tools/lib/hex.h"

#define DAY_S	  86400
#define OUR_MAKER "id:53544D20"
/* A subject alternative name that says it, as TPM makers' certificates do. */
#define SAN_OF_MAKER "DER:301CA41A301831163014060567810502010C0B69643A3533353434443230"

#define CERTIFICATES                                                              \
	"{\"roots\":[\"roots.pem\"],\"intermediates\":[\"middle.pem\"],\"crls\":" \
	"[\"middle.crl\"],\"allow_expired\":true}"
#define IDENTITY "\"ek_certificate\":" CERTIFICATES
#define FIRMWARE                                                                              \
	"\"tpm\":{\"firmware\":[{\"manufacturer\":\"" OUR_MAKER                               \
	"\",\"minimum\":\"0000000000000001\"}],\"deny\":[{\"manufacturer\":\"id:00000001\"}," \
	"{\"manufacturer\":\"" OUR_MAKER "\",\"version\":\"0000000000000002\"}]}"

/* Filled in once the machines are known. */
static char policy[8192], accepted[256], not_accepted[256], this_node[128], this_version[64],
	four[128], not_four[128];

static uint16_t boot_a(void)
{
	struct outcome o;

	return setting_boot(&at.a, disk_1, mac_1, &o);
}

/* It was never here: not enrolled either. */
static uint16_t boot_b(void)
{
	return setting_try(&at.b, disk_2);
}

static uint16_t boot_other_ak(void)
{
	uint16_t code;

	machine_new_ak(&at.a, 5);
	code = setting_try(&at.a, disk_1);
	machine_new_ak(&at.a, 0);
	return code;
}

/* Its build has no ML-KEM: the evidence is about claims without such a key. */
static uint16_t boot_classical(void)
{
	struct client c;
	struct evidence e;
	struct outcome o;

	setting_connect(&c);
	evidence_make(&e, &c, &at.a, disk_1);
	secret_free(&e.kem.mlkem);
	evidence_renew(&e, &c, &at.a, disk_1);
	client_join(&c, &e, &at.a, &o);
	evidence_free(&e);
	client_close(&c);
	return o.type == MSG_GRANT ? 0 : o.code;
}

#define ROW(member, from, to, code)          \
	{                                    \
		member, from, to, code, NULL \
	}
static const struct mutation changes[] = {
	/* Certificates. */
	ROW("identity.certificate.roots", "\"roots.pem\"", "\"strangers.pem\"", E_DENY_IDENTITY),
	ROW("identity.certificate.intermediates", "\"middle.pem\"", "\"roots.pem\"",
		E_DENY_IDENTITY),
	ROW("identity.certificate.crls", "\"middle.crl\"", "\"revoking-a.crl\"", E_DENY_IDENTITY),
	ROW("identity.certificate.allow_expired", "\"allow_expired\":true",
		"\"allow_expired\":false", E_DENY_IDENTITY),
	ROW("identity.identity.ek_certificate", CERTIFICATES, "{\"roots\":[\"strangers.pem\"]}",
		E_DENY_IDENTITY),
	ROW("identity.identity.ak_certificate", "\"ek_certificate\"", "\"ak_certificate\"",
		E_DENY_IDENTITY),
	/* The other rules of "identity". */
	{"identity.identity.listed", IDENTITY, IDENTITY ",\"listed\":true", E_DENY_IDENTITY,
		boot_b},
	{"identity.identity.approval", IDENTITY, IDENTITY ",\"approval\":true", E_DENY_PENDING,
		boot_b},
	ROW("identity.approval.max_pending", IDENTITY, IDENTITY ",\"approval\":{\"max_pending\":0}",
		NOT_READ),
	ROW("identity.identity.tee", IDENTITY, IDENTITY ",\"tee\":true", NOT_READ),
	ROW("identity.identity.first_use", IDENTITY, IDENTITY ",\"first_use\":true", NOT_READ),
	ROW("json.policy.identity", "\"identity\":{" IDENTITY "},", "", NOT_READ),
	/* The TPM's maker. */
	ROW("tpm.floor.manufacturer", "\"firmware\":[{\"manufacturer\":\"" OUR_MAKER,
		"\"firmware\":[{\"manufacturer\":\"id:00000002", E_DENY_PLATFORM),
	ROW("tpm.floor.minimum", "\"minimum\":\"0", "\"minimum\":\"F", E_DENY_PLATFORM),
	ROW("tpm.denied.manufacturer", "id:00000001", OUR_MAKER, E_DENY_PLATFORM),
	ROW("tpm.denied.version", "\"version\":\"0000000000000002\"", this_version,
		E_DENY_PLATFORM),
	ROW("tpm.tpm.firmware", "\"minimum\":\"00", "\"minimum\":\"FF", E_DENY_PLATFORM),
	ROW("tpm.tpm.deny", "\"version\":\"0000000000000002\"", this_version, E_DENY_PLATFORM),
	ROW("evidence.evidence.tpm", FIRMWARE,
		"\"tpm\":{\"deny\":[{\"manufacturer\":\"" OUR_MAKER "\"}]}", E_DENY_PLATFORM),
	ROW("json.policy.evidence", "\"evidence\":{" FIRMWARE "}",
		"\"evidence\":{\"tpm\":{\"deny\":[{\"manufacturer\":\"" OUR_MAKER "\"}]}}",
		E_DENY_PLATFORM),
	/* Registers. */
	ROW("sets.measurement.expected", four, not_four, E_DENY_MEASUREMENTS),
	ROW("sets.measurement.warnOnly", "\"warnOnly\":true", "\"warnOnly\":false",
		E_DENY_MEASUREMENTS),
	ROW("sets.set.measurements", "\"12\":\"00", "\"12\":\"01", E_DENY_MEASUREMENTS),
	ROW("sets.set.allow_missing", "\"allow_missing\":[2]", "\"allow_missing\":[12]", NOT_READ),
	ROW("json.policy.allow_missing", "\"allow_missing\":[3]", "\"allow_missing\":[12]",
		NOT_READ),
	ROW("json.policy.bank", "\"bank\":\"sha256\"", "\"bank\":\"sha384\"", NOT_READ),
	ROW("json.policy.measurements", "\"bank\"", "\"measurements\":{},\"bank\"", NOT_READ),
	ROW("json.policy.may_change", "\"may_change\":[1]", "\"may_change\":[3]", E_DENY_FIRMWARE),
	ROW("json.policy.accepted", accepted, not_accepted, E_DENY_FIRMWARE),
	/* The set, and who may use it. */
	ROW("json.policy.sets", four, not_four, E_DENY_MEASUREMENTS),
	ROW("sets.set.name", "\"name\":\"demo\"", "\"name\":\"\"", NOT_READ),
	ROW("sets.set.role", "\"role\":\"worker\"", "\"role\":\"control\"", E_DENY_IDENTITY),
	ROW("sets.set.epoch", "\"epoch\":2,\"recognise\"", "\"epoch\":1,\"recognise\"",
		E_DENY_EPOCH),
	ROW("sets.set.recognise", "\"recognise\":\"ek\"", "\"recognise\":\"set\"",
		E_DENY_NODE_DISK),
	{"sets.set.listed_only", "\"listed_only\":false", "\"listed_only\":true", E_DENY_IDENTITY,
		boot_b},
	/* Nodes. */
	{"json.policy.max_nodes", "\"max_nodes\":2", "\"max_nodes\":1", E_DENY_LIMIT, boot_b},
	{"json.policy.pin_ak", "\"pin_ak\":false", "\"pin_ak\":true", E_DENY_NODE_AK,
		boot_other_ak},
	ROW("json.revoked.nodes", "\"nodes\":[]", this_node, E_DENY_REVOKED),
	ROW("json.revoked.disks", "\"disks\":[]", "\"disks\":[\"" DISK_1 "\"]", E_DENY_REVOKED),
	ROW("json.revoked.sets", "\"sets\":[]}", "\"sets\":[\"demo\"]}", E_DENY_REVOKED),
	ROW("json.policy.revoked", "\"nodes\":[]", this_node, E_DENY_REVOKED),
	ROW("json.policy.join_material_file", "\"bank\"",
		"\"join_material_file\":\"/does/not/exist\",\"bank\"", NOT_READ),
	{"json.policy.wrap", "\"wrap\":\"classical\"", "\"wrap\":\"hybrid\"", E_DENY_KEYS,
		boot_classical},
	/* What nodes are told, and what enters their disks' keys. */
	ROW("json.policy.epoch", "", "told to nodes; a set's own epoch is judged", NOT_JUDGED),
	ROW("json.policy.tenant", "", "enters the keys of disks", NOT_JUDGED),
};
#undef ROW

static void write_list(const struct pki_entity *issuer, const X509 *revoked, const char *name)
{
	X509_CRL *crl = pki_crl(issuer, revoked, time(NULL) - DAY_S, time(NULL) + DAY_S);
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", at.folder, name);
	f = fopen(path, "w");
	if (!f || !PEM_write_X509_CRL(f, crl) || fclose(f))
		exit(1);
	X509_CRL_free(crl);
}

/* For a machine's endorsement key, by `issuer`; it ended a day ago. */
static struct pki_entity certify_expired(const struct machine *m, const struct pki_entity *issuer)
{
	struct tpm_public ek;
	struct pki_request r = {
		.name = "a TPM",
		.issuer = issuer,
		.from_s = time(NULL) - PKI_YEAR,
		.until_s = time(NULL) - DAY_S,
		.key_usage = "critical,keyAgreement",
		.extended = "2.23.133.8.1",
		.other_oid = "2.5.29.17",
		.other_value = SAN_OF_MAKER,
	};

	if (tpm_ek_parse(m->ek_pub, m->ek_pub_len, &ek) != TPM_GOOD)
		exit(1);
	r.key = tpm_key_open(ek.kind, ek.key, ek.key_len);
	return pki_make(&r);
}

static struct pki_entity middle, of_a, of_b;

static void write_certificates(void)
{
	middle = pki_make(&(struct pki_request){.name = "maker of some TPMs",
		.issuer = &maker,
		.from_s = time(NULL) - PKI_YEAR,
		.until_s = time(NULL) + PKI_YEAR,
		.constraints = "critical,CA:TRUE",
		.key_usage = "critical,keyCertSign,cRLSign"});
	of_a = certify_expired(&at.a, &middle);
	of_b = certify_expired(&at.b, &middle);
	identity_write("middle.pem", &middle);
	identity_write("strangers.pem", &stranger);
	write_list(&middle, NULL, "middle.crl");
	write_list(&middle, of_a.cert, "revoking-a.crl");
	give(&at.a, &of_a);
	give(&at.b, &of_b);
}

/* The firmware's version, as A's quotes say it. */
static void write_version(void)
{
	uint8_t rd[RD_LEN] = {0};
	struct quoted q;
	char digits[17];
	size_t signer;

	machine_quote(&at.a, rd, DIGEST_SHA256, 1, &q);
	/* magic, type, signer, extra_data, clock, resets, restarts, safe (PROTOCOL.md 6.2) */
	signer = (size_t)q.attest[6] << 8 | q.attest[7];
	hex_encode(q.attest + 8 + signer + 2 + RD_LEN + 17, 8, digits);
	snprintf(this_version, sizeof(this_version), "\"version\":\"%s\"", digits);
}

/* Firmware that is another at the next boot: PCR 1, which may change, and PCR 0, to one value. */
static void change_firmware(void)
{
	char name[2 * TPM_NAME_LEN + 1];

	machine_extend(&at.a, 0, 0x77);
	machine_extend(&at.a, 1, 0x77);
	ek_name(&at.a, name);
	if (NODE("enroll", "--ek-name", name, "--role", "worker") != 0)
		exit(1);
}

/* What PCR 0 will be then. */
static void write_accepted(void)
{
	uint8_t pcr[64], value[32];
	char digits[65];

	machine_pcr(&at.a, 0, pcr);
	memset(pcr + 32, 0x77, 32);
	sha256(pcr, sizeof(pcr), value);
	hex_encode(value, sizeof(value), digits);
	snprintf(accepted, sizeof(accepted), "\"accepted\":{\"0\":[\"%s\"]}", digits);
	value[0] ^= 1;
	hex_encode(value, sizeof(value), digits);
	snprintf(not_accepted, sizeof(not_accepted), "\"accepted\":{\"0\":[\"%s\"]}", digits);
}

static void write_policy(void)
{
	char eleven[65], digits[65], name[2 * TPM_NAME_LEN + 1];
	uint8_t pcr[32];

	machine_pcr(&at.a, 11, pcr);
	hex_encode(pcr, sizeof(pcr), eleven);
	machine_pcr(&at.a, 4, pcr);
	hex_encode(pcr, sizeof(pcr), digits);
	snprintf(four, sizeof(four), "\"4\":{\"expected\":\"%s\"}", digits);
	pcr[31] ^= 1;
	hex_encode(pcr, sizeof(pcr), digits);
	snprintf(not_four, sizeof(not_four), "\"4\":{\"expected\":\"%s\"}", digits);
	ek_name(&at.a, name);
	snprintf(this_node, sizeof(this_node), "\"nodes\":[\"%s\"]", name);
	write_accepted();
	snprintf(policy, sizeof(policy),
		"{\"bank\":\"sha256\",\"tenant\":\"default\",\"max_nodes\":2,\"pin_ak\":false,"
		"\"wrap\":\"classical\","
		"\"allow_missing\":[3],\"may_change\":[1],%s,\"identity\":{" IDENTITY
		"},\"evidence\":{" FIRMWARE "},\"sets\":[{\"name\":\"demo\",\"role\":\"worker\","
		"\"epoch\":2,\"recognise\":\"ek\",\"listed_only\":false,\"allow_missing\":[2],"
		"\"measurements\":{%s,\"5\":{\"expected\":\"%s\",\"warnOnly\":true},\"11\":\"%s\","
		"\"12\":\"" OF_16("00") OF_16("00") "\",\"15\":\"" OF_16("00")
			OF_16("00") "\"}}],"
				    "\"revoked\":{\"nodes\":[],\"disks\":[],\"sets\":[]}}",
		accepted, four, eleven, eleven);
}

void mutate_tpm(void)
{
	struct mutated m = {"TPM", policy, boot_a, change_firmware, LIST_OF(changes)};

	identity_open();
	write_certificates();
	write_version();
	write_policy();
	mutate(&m);
	give(&at.a, NULL);
	give(&at.b, NULL);
	pki_free(&of_a);
	pki_free(&of_b);
	pki_free(&middle);
	identity_close();
}
