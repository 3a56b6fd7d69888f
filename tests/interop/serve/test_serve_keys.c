/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join service beside its key service: no KEK and no disk key is ever in its memory, and a key
 * service that ends, listens no more or comes back with other keys costs nodes a wait and no more.
 */
#include "tests/interop/keys/keys_process.h"
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "early/contract/errors.h"
#include "tools/lib/hex.h"

#define PART	   (1u << 20)
#define REGION_MAX (UINT64_C(1) << 32) /* a sanitizer's shadow is longer, and holds no data */

static const char *program, *preload;
static char kek[256], path[256], keys_log[256];

static void in_state(char out[256], const char *name)
{
	snprintf(out, 256, "%s/%s", at.service.state, name);
}

/* How often the bytes are in a region; -1: it cannot be read. */
static long count_in(int fd, uint64_t from, uint64_t to, const void *what, size_t len)
{
	static uint8_t part[PART];
	long count = 0;

	for (uint64_t at_byte = from; at_byte < to;) {
		size_t want = to - at_byte < PART ? (size_t)(to - at_byte) : PART;
		ssize_t n = pread(fd, part, want, (off_t)at_byte);

		if (n <= 0)
			return count;
		for (const uint8_t *p = part;
			(p = memmem(p, (size_t)(part + n - p), what, len)) != NULL; p++)
			count++;
		/* What lies across two parts is in the second again. */
		at_byte += (size_t)n <= len || at_byte + (uint64_t)n >= to ? (uint64_t)n
									   : (uint64_t)n - len + 1;
	}
	return count;
}

/* How often the bytes are in a process's memory; -1: it cannot be looked at. */
static long in_memory(pid_t pid, const void *what, size_t len)
{
	char name[64], line[512], access[8];
	unsigned long long from, to;
	long count = 0;
	FILE *maps;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/mem", pid);
	fd = open(name, O_RDONLY);
	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	maps = fopen(name, "r");
	while (fd >= 0 && maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%llx-%llx %7s", &from, &to, access) == 3 && access[0] == 'r' &&
			!strstr(line, "[v") && to - from < REGION_MAX)
			count += count_in(fd, from, to, what, len);
	if (fd < 0 || !maps)
		count = -1;
	if (maps)
		fclose(maps);
	if (fd >= 0)
		close(fd);
	return count;
}

/* The one child of the service: its key service. 0: there is none. */
static pid_t child(void)
{
	DIR *all = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	while (all && (entry = readdir(all))) {
		char name[300], state;
		int pid, parent;
		FILE *f;

		snprintf(name, sizeof(name), "/proc/%s/stat", entry->d_name);
		f = fopen(name, "r");
		if (!f)
			continue;
		if (fscanf(f, "%d (%*[^)]) %c %d", &pid, &state, &parent) == 3 &&
			parent == at.service.pid && state != 'Z')
			found = pid;
		fclose(f);
	}
	if (all)
		closedir(all);
	return found;
}

static bool read_kek(uint8_t out[KEK_LEN], char digits[2 * KEK_LEN + 1])
{
	FILE *f = fopen(kek, "r");
	bool good = f && fscanf(f, "protostar-kek 1 1 %64s", digits) == 1 &&
		    hex_decode_text(digits, 2 * KEK_LEN, out, KEK_LEN);

	if (f)
		fclose(f);
	return good;
}

/* The service's own key, which is in its memory: what finds that would find others. */
static bool read_own_key(uint8_t out[32])
{
	char name[256];
	uint8_t der[121];
	FILE *f;
	bool good;

	in_state(name, "service-key.der");
	f = fopen(name, "r");
	good = f && fread(der, 1, sizeof(der), f) == sizeof(der);
	if (f)
		fclose(f);
	memcpy(out, der + 7, 32);
	return good;
}

static void test_no_key_in_memory(void)
{
	uint8_t key[KEK_LEN], own[32], disk_key[DISK_KEY_LEN];
	char digits[2 * KEK_LEN + 1];
	struct outcome granted, ack;
	struct client c;

	REQUIRE(read_kek(key, digits) && read_own_key(own));
	CHECK(in_memory(at.service.pid, own, sizeof(own)) > 0);
	CHECK(in_memory(child(), key, sizeof(key)) > 0);
	setting_join(&c, &at.a, disk_1, &granted);
	REQUIRE(granted.type == MSG_GRANT);
	memcpy(disk_key, granted.disk_key, sizeof(disk_key));
	CHECK(in_memory(at.service.pid, key, sizeof(key)) == 0);
	CHECK(in_memory(at.service.pid, digits, 2 * KEK_LEN) == 0);
	CHECK(in_memory(at.service.pid, disk_key, sizeof(disk_key)) == 0);
	client_commit(&c, &granted, mac_1, &ack);
	CHECK(ack.type == MSG_ACK);
	client_close(&c);
	CHECK(in_memory(at.service.pid, key, sizeof(key)) == 0);
	CHECK(in_memory(at.service.pid, digits, 2 * KEK_LEN) == 0);
	CHECK(in_memory(at.service.pid, disk_key, sizeof(disk_key)) == 0);
	/* And nobody keeps the disk's key once it is sealed. */
	CHECK(in_memory(child(), disk_key, sizeof(disk_key)) == 0);
}

/* Tries until it is granted, a minute long. */
static bool heals(void)
{
	for (int i = 0; i < 120; i++) {
		if (setting_try(&at.a, disk_1) == 0)
			return true;
		nanosleep(&(struct timespec){0, 500000000}, NULL);
	}
	return false;
}

static void test_child_killed(void)
{
	pid_t first = child();

	REQUIRE(first > 0);
	kill(first, SIGKILL);
	CHECK(heals());
	CHECK(child() > 0 && child() != first);
}

/* A child ends with the service, however that ends. */
static void test_child_ends(void)
{
	char name[64];
	pid_t last = child();
	bool gone = false;

	REQUIRE(last > 0);
	CHECK(service_stop(&at.service, SIGKILL) == -1);
	snprintf(name, sizeof(name), "/proc/%d", last);
	for (int i = 0; i < 6000 && !gone; i++) {
		char text[64] = "";
		FILE *f;

		nanosleep(&(struct timespec){0, 10000000}, NULL);
		snprintf(name, sizeof(name), "/proc/%d/stat", last);
		f = fopen(name, "r");
		gone = !f || (fscanf(f, "%*d (%*[^)]) %63s", text) == 1 && text[0] == 'Z');
		if (f)
			fclose(f);
	}
	CHECK(gone);
}

static pid_t start_keys(const char *file)
{
	const char *const args[] = {"--kek", file, "--socket", path, NULL};
	pid_t pid = keys_start(program, keys_log, -1, args);
	int fd = keys_connect(path);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? pid : 0;
}

static bool away(void)
{
	struct outcome o;
	struct client c;

	setting_join(&c, &at.a, disk_1, &o);
	client_close(&c);
	return o.type == MSG_DENY && o.code == E_DENY_INTERNAL && o.retry_after_ms > 0;
}

static void test_service_of_its_own(void)
{
	const char *const args[] = {"--keys", path, NULL};
	pid_t keys = start_keys(kek);

	REQUIRE(keys > 0 && service_start(&at.service, args));
	CHECK(child() == 0);
	CHECK(setting_try(&at.a, disk_1) == 0);
	/* Killed: nodes are told to come again, at once from then on. */
	CHECK(keys_stop(keys, SIGKILL) == 128 + SIGKILL);
	CHECK(away() && away());
	keys = start_keys(kek);
	CHECK(keys > 0 && heals());
	/* Restarted between two nodes: nobody sees it. */
	CHECK(keys_stop(keys, SIGTERM) == 128 + SIGTERM);
	keys = start_keys(kek);
	CHECK(setting_try(&at.a, disk_1) == 0);
	/* It stops, as one does whose token hangs. */
	kill(keys, SIGSTOP);
	CHECK(away() && away());
	kill(keys, SIGCONT);
	CHECK(heals());
	CHECK(keys_stop(keys, SIGTERM) == 128 + SIGTERM);
}

/* Keys of another installation make no disk unreadable: they are not used. */
static void test_other_keys(void)
{
	static const char other[] =
		"protostar-kek 1\n1 "
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	char name[256];
	pid_t keys;
	FILE *f;

	in_state(name, "other-kek");
	f = fopen(name, "w");
	REQUIRE(f && chmod(name, 0600) == 0 && fputs(other, f) >= 0 && fclose(f) == 0);
	keys = start_keys(name);
	CHECK(away());
	CHECK(service_logged(&at.service, "other key-encryption keys than it had"));
	CHECK(keys_stop(keys, SIGTERM) == 128 + SIGTERM);
	keys = start_keys(kek);
	CHECK(heals());
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(keys_stop(keys, SIGTERM) == 128 + SIGTERM);
}

/* A policy with another tenant would change every disk's key. */
static void test_other_tenant(void)
{
	REQUIRE(service_start(&at.service, NULL));
	setting_policy(1, ",\"tenant\":\"another\"");
	kill(at.service.pid, SIGHUP);
	CHECK(service_logged(&at.service, "names another tenant"));
	CHECK(setting_try(&at.a, disk_1) == 0);
	setting_policy(1, "");
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

/* A retired version is taken out of the file: the key service is the same without it. */
static void test_retired(void)
{
	const char *const rotate[] = {"node", "rotate", "--kek", "--state", at.service.state, NULL};
	char text[512] = "", out[256], *second;
	uint16_t code = 1;
	FILE *f;

	in_state(out, "rotated");
	REQUIRE(service_start(&at.service, NULL));
	REQUIRE(service_run(&at.service, out, rotate) == 0);
	CHECK(setting_try(&at.b, disk_2) == 0);
	f = fopen(kek, "r");
	REQUIRE(f && fread(text, 1, sizeof(text) - 1, f) > 0 && fclose(f) == 0);
	second = strstr(text, "\n2 ");
	f = second ? fopen(kek, "w") : NULL;
	REQUIRE(f && fprintf(f, "protostar-kek 1%s", second) > 0 && fclose(f) == 0);
	kill(child(), SIGKILL);
	for (unsigned i = 0; code && i < 60; i++) {
		code = setting_try(&at.b, disk_2);
		sleep(code != 0);
	}
	CHECK(code == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	program = argv[1];
	preload = argv[2];
	setting_open(program);
	in_state(kek, "kek");
	snprintf(path, sizeof(path), "%s/keys", at.folder);
	snprintf(keys_log, sizeof(keys_log), "%s/keys.log", at.folder);
	setenv("LD_PRELOAD", preload, 1);
	if (!service_start(&at.service, NULL)) {
		setting_close();
		return 1;
	}
	unsetenv("LD_PRELOAD");
	RUN(test_no_key_in_memory);
	RUN(test_child_killed);
	RUN(test_child_ends);
	RUN(test_service_of_its_own);
	RUN(test_other_keys);
	RUN(test_other_tenant);
	RUN(test_retired);
	setting_close();
	return test_summary();
}
