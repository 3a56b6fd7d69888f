/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a verdict and a renewal owe to the join: the set and role that it gave, and what policy and
 * the service's store say of the node since. Needs root and /dev/fuse; fails without.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/interop/serve/statement_node.h"
#include "tests/interop/serve/tee_node.h"
#include "tests/interop/serve/tee_policy.h"
#include "tests/unit/test.h"
#include "tools/evidence/tpm/public.h"
#include "tools/lib/hex.h"

#define FIRST_USE "{\"first_use\":true}"
#define DEMO	  "\"name\":\"demo\",\"epoch\":1,\"role\":\"worker\""

static const char *program;
static char ca[192], node[NODE_TEXT_MAX];
static uint8_t before[CERTIFICATE_MAX], after[CERTIFICATE_MAX];

static void policy(const char *identity, const char *sets, const char *more)
{
	char json[8192];

	snprintf(json, sizeof(json), "{\"identity\":%s,\"sets\":[%s]%s}", identity, sets, more);
	service_policy(&at.service, json);
}

/* One set with these members and the machine's registers. */
static const char *set(const char *members)
{
	static char text[4096];

	snprintf(text, sizeof(text), "{%s,%s}", members, at.set);
	return text;
}

static int verdict(void)
{
	return verify_by(NONCE, "--ca", ca);
}

static void test_join(void)
{
	struct outcome granted, last;
	struct client c;
	FILE *f;

	fresh(SNP_DRIVER);
	policy(FIRST_USE, set(DEMO), "");
	REQUIRE(service_start(&at.service, NULL));
	setting_join(&c, &at.a, disk_1, &granted);
	REQUIRE(granted.type == MSG_GRANT);
	client_commit(&c, &granted, mac_1, &last);
	client_close(&c);
	REQUIRE(last.type == MSG_ACK && last.certificate_len > 0);
	f = fopen(certificate, "wb");
	REQUIRE(f && fwrite(last.certificate, 1, last.certificate_len, f) == last.certificate_len);
	REQUIRE(fclose(f) == 0 && slurp(certificate, before, sizeof(before)) > 0);
	rig_close(&at.a.rig);
}

/* A PCR 15 that the set leaves out shows no hand-over, whatever is in it. */
static void test_uncompared_cap(void)
{
	char whole[sizeof(at.set)], *fifteen;

	REQUIRE(attest(true));
	CHECK(verdict() == 1 && said("not capped"));
	memcpy(whole, at.set, sizeof(whole));
	fifteen = strstr(at.set, ",\"15\"");
	REQUIRE(fifteen);
	snprintf(fifteen, 64, "},\"allow_missing\":[15]");
	policy(FIRST_USE, set(DEMO), "");
	CHECK(verdict() == 1 && said("no register shows"));
	snprintf(fifteen, 64, "},\"allow_missing\":[15]," NO_SEAL);
	policy(FIRST_USE, set(DEMO), "");
	CHECK(verdict() == 0 && said("warning: nothing shows"));
	memcpy(at.set, whole, sizeof(whole));
	policy(FIRST_USE, set(DEMO), "");
	REQUIRE(rig_open(&at.a.rig, tpm_socket));
	cap();
	rig_close(&at.a.rig);
	REQUIRE(attest(true));
	CHECK(verdict() == 0 && said("set \"demo\", epoch 1, role worker, and handed over"));
}

/* The join judged the node by more than a verifier sees, so its set and role stand. */
static void test_set_and_role_of_the_join(void)
{
	char sets[8192];
	int len = snprintf(sets, sizeof(sets), "%s,", set(DEMO));

	snprintf(sets + len, sizeof(sets) - (size_t)len, "%s",
		set("\"name\":\"control\",\"epoch\":2,\"role\":\"control\",\"listed_only\":true"));
	policy(FIRST_USE, sets, "");
	CHECK(verdict() == 0 && said("set \"demo\", epoch 1, role worker"));
	policy(FIRST_USE, set("\"name\":\"other\",\"epoch\":1,\"role\":\"worker\""), "");
	CHECK(verdict() == 1 && said("set \"demo\", which the policy does not have"));
	policy(FIRST_USE, set("\"name\":\"demo\",\"epoch\":1,\"role\":\"control\""), "");
	CHECK(verdict() == 1 && said("in another role"));
	policy(FIRST_USE, set(DEMO), "");
	CHECK(verdict() == 0);
}

/* Who is revoked by what one set knows it by is not good by another. */
static void test_revoked_by_one_set(void)
{
	static char text[1 << 16];
	char json[8192], id[2 * TPM_NAME_LEN + 1];
	static const char policies[] =
		"{\"identity\":{\"tee\":true},\"evidence\":{%s},\"sets\":[" SNP_ALONE
		",{\"name\":\"any\",\"epoch\":2,\"recognise\":\"set\"," NO_SEAL ",\"snp\":" SNP_GOOD
		"}],\"revoked\":{\"nodes\":[%s%s%s]}}";
	char *found;

	REQUIRE(attest(false));
	snprintf(json, sizeof(json),
		"{\"identity\":{\"tee\":true},\"evidence\":{%s},\"sets\":[" SNP_ALONE "]}",
		BOTH_CHIPS);
	service_policy(&at.service, json);
	REQUIRE(verify() == 0);
	text[slurp(output, (uint8_t *)text, sizeof(text) - 1)] = 0;
	found = strstr(text, "\"nodeId\": \"f002");
	REQUIRE(found);
	snprintf(id, sizeof(id), "%s", strstr(found, "f002"));
	snprintf(json, sizeof(json), policies, BOTH_CHIPS, "", "", "");
	service_policy(&at.service, json);
	CHECK(verify() == 0 && said("\"set\": \"any\""));
	snprintf(json, sizeof(json), policies, BOTH_CHIPS, "\"", id, "\"");
	service_policy(&at.service, json);
	CHECK(verify() == 1 && said("the node is revoked"));
	policy(FIRST_USE, set(DEMO), "");
}

static int listener(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) ||
		getsockname(fd, (struct sockaddr *)&a, &len))
		exit(1);
	snprintf(node, sizeof(node), "127.0.0.1:%u", ntohs(a.sin_port));
	return fd;
}

/* A node that answers with a refusal of its choice. */
static void answer_with(const void *text, size_t len)
{
	static uint8_t frame[1 << 12];
	int fd = listener(), peer;
	struct wire_writer w;
	uint8_t in[64];
	pid_t child;

	wire_write_start(&w, frame, sizeof(frame));
	attest_frame_put(&w, ATTEST_REFUSAL, (struct span){text, len});
	REQUIRE(listen(fd, 1) == 0);
	child = fork();
	if (child == 0) {
		peer = accept(fd, NULL, NULL);
		_exit(read(peer, in, sizeof(in)) <= 0 ||
			write(peer, frame, w.len) != (ssize_t)w.len);
	}
	CHECK(verify_node(ca, node, NULL) == 1);
	close(fd);
	waitpid(child, NULL, 0);
}

static void test_refusals_are_text(void)
{
	static const char forged[] = "\x1b[2K\rgood: node booted an image\x1b[8m";
	static char lengthy[ATTEST_REFUSAL_MAX + 1];

	answer_with(forged, sizeof(forged) - 1);
	CHECK(said("the node says: ") && said("good: node booted") && !said("\x1b") && !said("\r"));
	memset(lengthy, 'a', sizeof(lengthy));
	answer_with(lengthy, sizeof(lengthy));
	CHECK(said("does not know") && !said("aaaa"));
	answer_with(lengthy, sizeof(lengthy) - 1);
	CHECK(said("the node says: aaaa"));
}

/* Good, but nothing newer for it: for this reason, and the old certificate stays. */
static void not_renewed(const char *why)
{
	CHECK(verify_node(ca, node, at.service.state) == 1 && said(why));
	CHECK(verify_node(ca, node, NULL) == 0 && slurp(certificate, after, sizeof(after)) > 0);
	CHECK(memcmp(before, after, sizeof(before)) == 0);
}

static int node_says(const char *verb, const char *kind, const char *value)
{
	return service_run(&at.service, output,
		(const char *const[]){
			"node", verb, "--state", at.service.state, kind, value, NULL});
}

/* Of the one node in the store. */
static const char *name_of(const char *member)
{
	static char text[8192], name[2 * TPM_NAME_LEN + 1];
	char key[16], *found;

	service_run(&at.service, output,
		(const char *const[]){"node", "list", "--state", at.service.state, "--json", NULL});
	text[slurp(output, (uint8_t *)text, sizeof(text) - 1)] = 0;
	snprintf(key, sizeof(key), "\"%s\":\"", member);
	found = strstr(text, key);
	snprintf(name, sizeof(name), "%s", found ? found + strlen(key) : "");
	return name;
}

static void revoke_and_try(const char *kind, const char *value)
{
	CHECK(node_says("revoke", kind, value) == 0);
	not_renewed("is revoked: protostar node revocations");
	CHECK(node_says("unrevoke", kind, value) == 0);
}

/* A renewal gives what a join would give now, or nothing. */
static void test_renewal_is_as_a_join(void)
{
	struct timespec pause = {1, 100000000}; /* dates are in seconds */
	char disk[2 * DISK_ID_LEN + 1], more[128];
	pid_t child = attest_answers(program, ca, node);

	REQUIRE(child > 0);
	nanosleep(&pause, NULL);
	hex_encode(disk_1, DISK_ID_LEN, disk);
	policy(FIRST_USE, set("\"name\":\"demo\",\"epoch\":2,\"role\":\"worker\""), "");
	not_renewed("epoch is another one");
	snprintf(more, sizeof(more), ",\"revoked\":{\"disks\":[\"%s\"]}", disk);
	policy(FIRST_USE, set(DEMO), more);
	not_renewed("its disk is revoked");
	policy(FIRST_USE, set(DEMO), "");
	revoke_and_try("disk", disk);
	revoke_and_try("set", "demo");
	revoke_and_try("epoch", "2");
	revoke_and_try("node", name_of("node"));
	revoke_and_try("ek", name_of("ek"));
	revoke_and_try("ak", name_of("ak"));
	policy("{\"listed\":true}", set(DEMO), "");
	not_renewed("not enrolled any more");
	policy(FIRST_USE, set(DEMO ",\"listed_only\":true"), "");
	not_renewed("not enrolled any more");
	policy(FIRST_USE, set("\"name\":\"demo\",\"epoch\":1"), "");
	not_renewed("another role now");
	policy(FIRST_USE, set(DEMO), "");
	CHECK(verify_node(ca, node, at.service.state) == 0);
	CHECK(verify_node(ca, node, NULL) == 0 && slurp(certificate, before, sizeof(before)) > 0);
	CHECK(memcmp(before, after, sizeof(before)) != 0);
	CHECK(service_run(&at.service, output,
		      (const char *const[]){
			      "node", "forget", "--state", at.service.state, disk, NULL}) == 0);
	not_renewed("does not know the node any more");
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !statement_node_open(argv[1]))
		return 2;
	program = argv[1];
	snprintf(ca, sizeof(ca), "%s/node-ca.pem", at.service.state);
	RUN(test_join);
	RUN(test_uncompared_cap);
	RUN(test_set_and_role_of_the_join);
	RUN(test_revoked_by_one_set);
	RUN(test_refusals_are_text);
	RUN(test_renewal_is_as_a_join);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	if (!rig_open(&at.a.rig, tpm_socket))
		return 1;
	statement_node_close();
	return test_summary();
}
