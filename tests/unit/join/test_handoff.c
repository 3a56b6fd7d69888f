/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files for the root file system. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "early/contract/errors.h"
#include "early/handoff.h"
#include "tests/unit/test.h"

#define MAC8 "5a5a5a5a5a5a5a5a"
#define MAC  MAC8 MAC8 MAC8 MAC8

static char folder[] = "/tmp/protostar-handoff-XXXXXX";

static void fill(struct boot *b)
{
	memset(b, 0, sizeof(*b));
	b->purpose = PURPOSE_INIT;
	b->action = ACTION_FORMAT;
	memset(b->header_mac, 0x5a, sizeof(b->header_mac));
	b->key_version = 4294967295u;
	b->policy_epoch = 7;
	b->generation = 18446744073709551615u;
	strcpy(b->role, "wor\"k\\er");
	strcpy(b->config.state_mount, "/run/state");
	for (uint8_t i = 0; i < DISK_ID_LEN; i++)
		b->disk_id[i] = (uint8_t)(0xa0 + i);
}

static void test_json(void)
{
	static struct boot b;
	char json[HANDOFF_JSON_MAX];
	const char *version;

	fill(&b);
	REQUIRE(!failed(handoff_json(&b, json)));
	version = strstr(json, "\"purpose\"");
	REQUIRE(version != NULL);
	CHECK(strncmp(json, "{\"version\":\"protostar ", 21) == 0);
	CHECK(strcmp(version,
		      "\"purpose\":\"init\",\"action\":\"format\",\"role\":\"wor\\\"k\\\\er\","
		      "\"policyEpoch\":7,"
		      "\"keyVersion\":4294967295,\"generation\":\"18446744073709551615\","
		      "\"headerMac\":\"" MAC "\","
		      "\"diskId\":\"a0a1a2a3a4a5a6a7a8a9aaabacadaeaf\","
		      "\"stateMount\":\"/run/state\"}"
		      "\n") == 0);
	b.purpose = PURPOSE_RECOVER;
	CHECK(!failed(handoff_json(&b, json)) && strstr(json, "\"purpose\":\"recover\""));
	b.purpose = PURPOSE_JOIN;
	CHECK(!failed(handoff_json(&b, json)) && strstr(json, "\"purpose\":\"join\""));
}

static void test_longest_texts(void)
{
	static struct boot b;
	char json[HANDOFF_JSON_MAX];

	fill(&b);
	memset(b.role, '"', ROLE_TEXT_MAX);
	memset(b.config.state_mount, '\\', CONFIG_TEXT_MAX - 1);
	CHECK(!failed(handoff_json(&b, json)));
	CHECK(strlen(json) > 2 * (ROLE_TEXT_MAX + CONFIG_TEXT_MAX - 1));
}

static mode_t mode_of(const char *name)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/p/%s", folder, name);
	return stat(path, &st) ? 0 : st.st_mode & 07777;
}

static void test_files(void)
{
	static struct boot b;
	char path[128], got[16] = "";
	int fd;

	fill(&b);
	REQUIRE(!failed(secret_new(8, &b.join_material)));
	memcpy(b.join_material.bytes, "material", 8);
	snprintf(path, sizeof(path), "%s/p", folder);
	umask(0);
	CHECK(!failed(handoff_write(&b, path)));
	CHECK(mode_of("boot.json") == 0644 && mode_of("join-material") == 0600);
	CHECK(handoff_write(&b, path).code == E_HANDOFF_FOLDER);
	snprintf(path, sizeof(path), "%s/p/join-material", folder);
	fd = open(path, O_RDONLY);
	CHECK(read(fd, got, sizeof(got)) == 8 && memcmp(got, "material", 8) == 0);
	close(fd);
	secret_free(&b.join_material);
}

int main(void)
{
	char command[96];

	if (failed(secret_pool_open(1u << 15)) || !mkdtemp(folder))
		return 1;
	RUN(test_json);
	RUN(test_longest_texts);
	RUN(test_files);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	CHECK(system(command) == 0);
	secret_pool_close();
	return test_summary();
}
