/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protostar serve --bundle: a standby becomes the service, with its key and its records, from what
 * protostar node export --service has sealed; from nothing else, and once.
 */
#include "tests/interop/operator/scene.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "early/contract/errors.h"

static char bundle[160], recovery[160], words[160], other_words[160], folder[128];
static uint8_t service_pin[32];
static struct outcome first;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static void write_secret(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	must(f && fputs(text, f) >= 0 && !fclose(f) && !chmod(path, 0600), path);
}

static int export(const char *out, const char *how)
{
	const char *const args[] = {"node", "export", "--state", at.service.state, "--policy",
		at.service.policy, "--out", out, "--passphrase-file", words, how, NULL};

	return service_run(&at.service, scene.out, args);
}

/* Two nodes join, the bundles are made, and the service is away. */
static void make_bundles(void)
{
	struct outcome o;

	must(service_start(&at.service, NULL), "no service");
	memcpy(service_pin, at.service.pin, sizeof(service_pin));
	must(setting_boot(&at.a, disk_1, mac_1, &first) == 0, "A is no node");
	must(setting_boot(&at.b, disk_2, mac_1, &o) == 0, "B is no node");
	must(service_stop(&at.service, SIGTERM) == 0, "the service does not end");
	write_secret(words, "correct horse\n");
	write_secret(other_words, "battery staple\n");
	must(export(bundle, "--service") == 0, "no bundle of the service");
	must(export(recovery, NULL) == 0, "no bundle for a recovery");
	at.a.disk_not_blank = at.b.disk_not_blank = true;
}

static void use_state(const char *name)
{
	snprintf(at.service.state, sizeof(at.service.state), "%s/%s", folder, name);
}

static bool start(const char *from, const char *opens)
{
	const char *const args[] = {"serve", "--bundle", from, "--bundle-passphrase-file", opens,
		"--state", at.service.state, "--listen", "127.0.0.1:0", "--json", NULL};

	return service_spawn_as_it_is(&at.service, args);
}

/* Refused, with these words, and nothing is left behind. */
static bool refused(const char *from, const char *opens, const char *text)
{
	return !start(from, opens) && service_logged_now(&at.service, text) &&
	       access(at.service.state, F_OK) != 0;
}

static void flip_last_byte(const char *path)
{
	FILE *f = fopen(path, "r+b");
	int c;

	must(f && !fseek(f, -1, SEEK_END) && (c = fgetc(f)) != EOF && !fseek(f, -1, SEEK_END) &&
			fputc(c ^ 1, f) != EOF && !fclose(f),
		path);
}

static void test_refusals(void)
{
	use_state("refused");
	CHECK(refused(bundle, other_words, "passphrase"));
	CHECK(refused(recovery, words, "is for a recovery"));
	CHECK(refused(words, words, words));
	CHECK(refused(bundle, "/nowhere", "/nowhere"));
	flip_last_byte(bundle);
	CHECK(refused(bundle, words, bundle));
	flip_last_byte(bundle);
	snprintf(at.service.state, sizeof(at.service.state), "%s", folder);
	CHECK(!start(bundle, words) && service_logged_now(&at.service, "is not empty"));
}

static void test_words(void)
{
	const char *const alone[] = {
		"serve", "--bundle", bundle, "--state", at.service.state, NULL};
	const char *const twice[] = {"serve", "--bundle", bundle, "--bundle-passphrase-file", words,
		"--found", folder, "--state", at.service.state, NULL};
	const char *const init[] = {"serve", "--bundle", bundle, "--bundle-passphrase-file", words,
		"--init", "--state", at.service.state, NULL};

	CHECK(service_run(&at.service, scene.out, alone) == 2);
	CHECK(scene_said("--bundle-passphrase-file"));
	CHECK(service_run(&at.service, scene.out, twice) == 2);
	CHECK(service_run(&at.service, scene.out, init) == 2);
}

/* It has the key that nodes pin, knows each disk as it was, and from then on its own record. */
static void test_serves(void)
{
	struct outcome o;

	use_state("standby");
	REQUIRE(start(bundle, words));
	CHECK_BYTES(at.service.pin, service_pin, 32);
	CHECK(service_logged(&at.service, "\"event\":\"founded\""));
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(o.grant.action == ACTION_OPEN && o.grant.generation == 1);
	CHECK_BYTES(o.disk_key, first.disk_key, DISK_KEY_LEN);
	CHECK(setting_boot(&at.b, disk_1, mac_1, &o) == E_DENY_NODE_DISK);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	/* Started again, it looks at no bundle. */
	REQUIRE(start("/nowhere", "/nowhere"));
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && o.grant.generation == 2);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	scene_open();
	snprintf(folder, sizeof(folder), "%s", at.folder);
	snprintf(bundle, sizeof(bundle), "%s/service.bundle", folder);
	snprintf(recovery, sizeof(recovery), "%s/recovery.bundle", folder);
	snprintf(words, sizeof(words), "%s/words", folder);
	snprintf(other_words, sizeof(other_words), "%s/other-words", folder);
	make_bundles();
	RUN(test_words);
	RUN(test_refusals);
	RUN(test_serves);
	scene_close();
	setting_close();
	return test_summary();
}
