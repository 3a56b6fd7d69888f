/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may be a node: each rule of policy's "identity" and each way in which a set knows its nodes
 * again, with TPMs in the same state, so that measurements never decide.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "early/contract/errors.h"
#include "tests/interop/serve/identity_setting.h"
#include "tests/unit/test.h"

static void test_certificate_of_the_maker(void)
{
	struct pki_entity of_a = certify(&at.a, &maker), forged = certify(&at.b, &stranger);
	struct outcome o;

	serve(EK_CERTIFICATE, "", false);
	give(&at.a, &of_a);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && o.challenged);
	CHECK(NODE("show", DISK_1) == 0 && printed("identity     ek") == 1);
	CHECK(printed("a TPM") == 1);
	/* The right PCRs, and nobody who says whose TPM it is. */
	give(&at.b, NULL);
	CHECK(setting_try(&at.b, disk_2) == E_DENY_IDENTITY);
	/* Another's certificate, and one of an unknown maker's. */
	give(&at.b, &of_a);
	CHECK(setting_try(&at.b, disk_2) == E_DENY_IDENTITY);
	give(&at.b, &forged);
	CHECK(setting_try(&at.b, disk_2) == E_DENY_IDENTITY);
	/* It is asked for at each join. */
	give(&at.a, NULL);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_IDENTITY);
	give(&at.a, &of_a);
	CHECK(setting_try(&at.a, disk_1) == 0);
	give(&at.a, NULL);
	give(&at.b, NULL);
	pki_free(&of_a);
	pki_free(&forged);
}

/* Whole joins with each kind of endorsement key that makers certify. */
static void test_kinds_of_keys(void)
{
	static const enum machine_ek kinds[] = {
		MACHINE_EK_P256, MACHINE_EK_RSA2048, MACHINE_EK_P384};
	const uint8_t *const disks[] = {disk_1, disk_2, disk_3};
	struct outcome o;

	serve(EK_CERTIFICATE, "", false);
	for (unsigned i = 0; i < 3; i++) {
		struct pki_entity ek;

		machine_use_ek(&at.a, kinds[i], 0);
		ek = certify(&at.a, &maker);
		give(&at.a, &ek);
		/* One TPM's keys make it several nodes; an attestation key is of one of them. */
		if (i)
			CHECK(setting_try(&at.a, disks[i]) == E_DENY_NODE_AK);
		machine_new_ak(&at.a, (uint8_t)i);
		CHECK(setting_boot(&at.a, disks[i], mac_1, &o) == 0 && o.challenged);
		CHECK(o.grant.action == ACTION_FORMAT);
		CHECK(setting_boot(&at.a, disks[i], mac_1, &o) == 0 && !o.challenged);
		CHECK(o.grant.action == ACTION_OPEN);
		CHECK(setting_try(&at.a, disks[(i + 1) % 3]) == E_DENY_NODE_DISK);
		pki_free(&ek);
	}
	machine_use_ek(&at.a, MACHINE_EK_P256, 0);
	machine_new_ak(&at.a, 0);
	give(&at.a, NULL);
}

static void test_listed(void)
{
	char name[2 * TPM_NAME_LEN + 1];
	struct outcome o;

	serve("{\"listed\":true}", "", false);
	ek_name(&at.a, name);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_IDENTITY);
	CHECK(NODE("enroll", "--ek-name", name, "--disk", DISK_1, "--label", "rack 7") == 0);
	CHECK(printed(name) == 1);
	CHECK(NODE("enroll", "--ek-name", name) == 1 && printed("enrolled already") == 1);
	/* Effective while the service runs, for this machine and this disk. */
	CHECK(setting_try(&at.b, disk_2) == E_DENY_IDENTITY);
	CHECK(setting_try(&at.a, disk_2) == E_DENY_NODE_DISK);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(NODE("show", "--json", DISK_1) == 0 && printed("\"label\":\"rack 7\"") == 1);
	CHECK(NODE("enrolled", "--json") == 0 && printed(name) == 1);
	/* Taken back. */
	CHECK(NODE("reject", name) == 0);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_IDENTITY);
	CHECK(NODE("reject", name) == 1);
	CHECK(NODE("enroll", "--ek-name", "00") == 1 && NODE("enroll", "--label", "x") == 1);
}

static void test_enrolled_by_certificate(void)
{
	struct pki_entity of_b = certify(&at.b, &stranger);
	char name[2 * TPM_NAME_LEN + 1], path[160];

	serve("{\"listed\":true}", "", false);
	identity_write("b.pem", &of_b);
	snprintf(path, sizeof(path), "%s/b.pem", at.folder);
	ek_name(&at.b, name);
	CHECK(NODE("enroll", "--ek-cert", path) == 0 && printed(name) == 1);
	CHECK(setting_try(&at.b, disk_2) == 0);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_IDENTITY);
	pki_free(&of_b);
}

static void test_disk_is_reserved(void)
{
	char name[2 * TPM_NAME_LEN + 1];

	serve("{\"first_use\":true}", "", false);
	ek_name(&at.a, name);
	CHECK(NODE("enroll", "--ek-name", name, "--disk", DISK_1) == 0);
	CHECK(setting_try(&at.b, disk_1) == E_DENY_NODE_DISK);
	CHECK(setting_try(&at.a, disk_1) == 0);
}

/* Who waits with a disk that is another's by now gets neither that disk nor the other's place. */
static void test_disk_of_an_enrolment_stays(void)
{
	char name_a[2 * TPM_NAME_LEN + 1], name_b[2 * TPM_NAME_LEN + 1];

	serve("{\"approval\":{\"max_pending\":2}}", "", false);
	ek_name(&at.a, name_a);
	ek_name(&at.b, name_b);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_PENDING);
	CHECK(setting_try(&at.b, disk_1) == E_DENY_PENDING);
	CHECK(NODE("approve", name_a) == 0);
	CHECK(NODE("approve", name_b) == 1 && printed("another node is enrolled") == 1);
	CHECK(NODE("enroll", "--ek-name", name_b, "--disk", DISK_1) == 1);
	CHECK(setting_try(&at.b, disk_1) == E_DENY_NODE_DISK);
	CHECK(setting_try(&at.a, disk_1) == 0);
}

static void test_approval(void)
{
	char name[2 * TPM_NAME_LEN + 1];
	struct client c;
	struct outcome o;

	serve("{\"approval\":{\"max_pending\":2}}", "", false);
	ek_name(&at.a, name);
	CHECK(NODE("pending", "--json") == 0 && printed("\"node\"") == 0);
	setting_join(&c, &at.a, disk_1, &o);
	client_close(&c);
	/* Its keys are proven before anybody is asked to look at it. */
	CHECK(o.type == MSG_DENY && o.code == E_DENY_PENDING && o.challenged);
	CHECK(o.retry_after_ms >= 1000);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_PENDING);
	CHECK(NODE("pending", "--json") == 0 && printed(name) == 1 && printed("\"tries\":2") == 1);
	CHECK(NODE("approve", "00") == 1 && NODE("approve", "ffffffffff") == 1);
	CHECK(NODE("approve", name, "--label", "b") == 0);
	CHECK(node("pending", NULL) == 0 && printed(name) == 0);
	/* What was approved is the machine with its disk. */
	CHECK(setting_try(&at.a, disk_2) == E_DENY_NODE_DISK);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(setting_try(&at.b, disk_2) == E_DENY_PENDING);
	CHECK(NODE("reject", name) == 0);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_PENDING);
}

/* The role is the enrolment's or the set's, and a set may be for enrolled nodes alone. */
static void test_roles(void)
{
	char name[2 * TPM_NAME_LEN + 1];
	struct outcome o;

	serve("{\"first_use\":true}", ",\"listed_only\":true", false);
	ek_name(&at.a, name);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_IDENTITY);
	CHECK(NODE("enroll", "--ek-name", name, "--role", "control") == 0);
	/* The only set is that of workers. */
	CHECK(setting_try(&at.a, disk_1) == E_DENY_IDENTITY);
	CHECK(NODE("reject", name) == 0);
	CHECK(NODE("enroll", "--ek-name", name) == 0);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && strcmp(o.role, "worker") == 0);
	CHECK(setting_try(&at.b, disk_2) == E_DENY_IDENTITY);
	/* A set that says no role: the enrolment's. */
	at.role[0] = 0;
	serve("{\"first_use\":true}", "", false);
	CHECK(NODE("enroll", "--ek-name", name, "--role", "control") == 0);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && strcmp(o.role, "control") == 0);
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0 && strcmp(o.role, "") == 0);
	snprintf(at.role, sizeof(at.role), "worker");
}

/* A machine whose TPM is another after each boot: here B, in the place of A. */
static void test_ephemeral_keys(void)
{
	struct outcome o;

	serve("{\"first_use\":true}", "", false);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(setting_try(&at.b, disk_1) == E_DENY_NODE_DISK);
	serve("{\"first_use\":true}", ",\"recognise\":\"set\"", false);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(setting_boot(&at.b, disk_1, mac_1, &o) == 0 && o.grant.action == ACTION_OPEN);
	CHECK(o.challenged);
	CHECK(NODE("show", DISK_1) == 0 && printed("identity     set") == 1);
	/* Of another family it is another node. */
	serve("{\"first_use\":true}", ",\"recognise\":\"set\",\"family\":\"other\"", true);
	CHECK(setting_try(&at.b, disk_1) == E_DENY_NODE_DISK);
}

static void test_ticket(void)
{
	struct outcome o;

	serve("{\"first_use\":true}", ",\"recognise\":\"ticket\"", false);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_IDENTITY);
	CHECK(NODE("ticket", "--disk", DISK_1, "--uses", "2") == 0);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(setting_try(&at.b, disk_2) == E_DENY_IDENTITY);
	CHECK(setting_boot(&at.b, disk_1, mac_1, &o) == 0 && o.grant.action == ACTION_OPEN);
	CHECK(setting_try(&at.b, disk_1) == E_DENY_IDENTITY);
	CHECK(NODE("ticket", "--disk", DISK_1, "--until", "2001-01-01T00:00:00Z") == 1);
	CHECK(NODE("ticket", "--disk", "d1") == 1);
	CHECK(NODE("ticket", "--disk", DISK_1) == 0 &&
		NODE("ticket", "--disk", DISK_1, "--uses", "0") == 0);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_IDENTITY);
}

/* What is another's is refused, and somebody is told. */
static void test_duplicates(void)
{
	char path[160];
	const char *const metrics[] = {"--metrics", path, NULL};
	struct outcome o;

	serve("{\"first_use\":true}", "", false);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(setting_try(&at.b, disk_1) == E_DENY_NODE_DISK);
	CHECK(service_logged(&at.service, "\"event\":\"alarm\""));
	/* A's TPM, under a set that would know it by something else. */
	serve("{\"first_use\":true}", ",\"recognise\":\"set\"", true);
	service_stop(&at.service, SIGTERM);
	snprintf(path, sizeof(path), "%s/node.prom", at.folder);
	REQUIRE(service_start(&at.service, metrics));
	CHECK(setting_try(&at.a, disk_2) == E_DENY_NODE_AK);
	CHECK(service_logged(&at.service, "another node has this endorsement key"));
	service_stop(&at.service, SIGTERM);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"alarm\"") == 2);
	CHECK(service_count(&at.service, "../node.prom", "\nprotostar_alarms_total 1\n") == 1);
	CHECK(service_count(&at.service, "../node.prom", "_denials_total{code=\"613\"} 1\n") == 1);
}

/* An operator takes his word back while the TPM is at work. */
static void test_withdrawn_between_challenge_and_proof(void)
{
	static uint8_t frame[FRAME_MAX + 4];
	char name[2 * TPM_NAME_LEN + 1];
	struct evidence e;
	struct client c;
	struct span body;
	struct msg_deny deny = {.code = 0};

	serve("{\"listed\":true}", "", false);
	ek_name(&at.a, name);
	CHECK(NODE("enroll", "--ek-name", name) == 0);
	setting_connect(&c);
	evidence_make(&e, &c, &at.a, disk_1);
	CHECK(client_send(&c, frame, evidence_frame(&e, frame)));
	CHECK(client_receive(&c, &body) == MSG_CHALLENGE);
	memcpy(frame, body.data, body.len);
	body.data = frame;
	CHECK(NODE("reject", name) == 0);
	CHECK(client_answer(&c, &at.a, body));
	CHECK(client_receive(&c, &body) == MSG_DENY && message_get_deny(body, &deny));
	CHECK(deny.code == E_DENY_IDENTITY && deny.retry_after_ms == 0);
	evidence_free(&e);
	client_close(&c);
}

/* A node that policy revokes while it prepares its disk does not complete its join. */
static void test_revoked_before_commit(void)
{
	char extra[128], name[2 * TPM_NAME_LEN + 1];
	struct outcome granted, last;
	struct client c;

	serve("{\"first_use\":true}", "", false);
	ek_name(&at.a, name);
	snprintf(extra, sizeof(extra), ",\"revoked\":{\"nodes\":[\"%s\"]}", name);
	setting_join(&c, &at.a, disk_1, &granted);
	REQUIRE(granted.type == MSG_GRANT);
	setting_reload(1, extra);
	client_commit(&c, &granted, mac_1, &last);
	client_close(&c);
	CHECK(last.type == MSG_DENY && last.code == E_DENY_REVOKED && !last.retry_after_ms);
	setting_reload(1, "");
	setting_join(&c, &at.a, disk_1, &granted);
	REQUIRE(granted.type == MSG_GRANT);
	client_commit(&c, &granted, mac_1, &last);
	client_close(&c);
	CHECK(last.type == MSG_ACK && last.certificate_len > 0);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	identity_open();
	RUN(test_certificate_of_the_maker);
	RUN(test_kinds_of_keys);
	RUN(test_listed);
	RUN(test_enrolled_by_certificate);
	RUN(test_disk_is_reserved);
	RUN(test_disk_of_an_enrolment_stays);
	RUN(test_approval);
	RUN(test_roles);
	RUN(test_ephemeral_keys);
	RUN(test_ticket);
	RUN(test_duplicates);
	RUN(test_withdrawn_between_challenge_and_proof);
	RUN(test_revoked_before_commit);
	identity_close();
	setting_close();
	return test_summary();
}
