/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stub's PCR 11 against systemd-measure's, in every bank: the real measuring code runs over an
 * image on the mock of its port, what it extends is replayed, and systemd's own tool predicts from
 * the files that were put in. Debian 12's version knows no .sbat and .uname, so the image has none.
 */
#include "crypto/digest.h"
#include "tests/mock/firmware_mock.h"
#include "tests/mock/uki_maker.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <unistd.h>

static const char *const tools[] = {
	"/usr/lib/systemd/systemd-measure", "/lib/systemd/systemd-measure"};
static const struct {
	const char *name;
	uint16_t alg;
} banks[] = {{"sha1", DIGEST_SHA1}, {"sha256", DIGEST_SHA256}, {"sha384", DIGEST_SHA384},
	{"sha512", DIGEST_SHA512}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char folder[] = "/tmp/protostar-measure-XXXXXX";
static const char *tool;

/* The sections that go both into the image and into the files that the tool reads. */
struct part {
	const char *name; /* of the section, and with its dot taken off, of file and option */
	const void *data;
	uint32_t len;
};

static void put_file(const struct part *part)
{
	char path[128];
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", folder, part->name + 1);
	stream = fopen(path, "wb");
	if (!stream || fwrite(part->data, 1, part->len, stream) != part->len || fclose(stream)) {
		perror(path);
		exit(1);
	}
}

/* What the tool says of PCR 11 in this bank before any boot phase, as hex; empty if nothing. */
static void predict(const struct part *parts, unsigned count, const char *bank, char *hex, int room)
{
	char command[1024], line[512], start[32];
	int used = snprintf(
		command, sizeof(command), "%s calculate --phase= --bank=%s", tool, bank);
	FILE *stream;

	for (unsigned i = 0; i < count; i++)
		used += snprintf(command + used, sizeof(command) - (size_t)used, " --%s=%s/%s",
			parts[i].name + 1, folder, parts[i].name + 1);
	snprintf(start, sizeof(start), "11:%s=", bank);
	hex[0] = 0;
	stream = popen(command, "r");
	if (!stream)
		return;
	while (fgets(line, sizeof(line), stream)) {
		if (!strncmp(line, start, strlen(start)))
			snprintf(hex, (size_t)room, "%.*s",
				(int)strcspn(line + strlen(start), "\n"), line + strlen(start));
	}
	pclose(stream);
}

static bool replay(const struct firmware_mock *mock, uint16_t alg, char *hex)
{
	uint8_t pcr[DIGEST_MAX] = {0}, digest[DIGEST_MAX];

	for (unsigned i = 0; i < mock->event_count; i++) {
		if (!digest_of(alg, mock->events[i].data, mock->events[i].len, digest) ||
			!pcr_extend(alg, pcr, digest))
			return false;
	}
	for (size_t i = 0; i < digest_len(alg); i++)
		snprintf(hex + 2 * i, 3, "%02x", pcr[i]);
	return true;
}

static void compare(const struct part *parts, unsigned count)
{
	struct pe_maker maker = {0};
	struct firmware_mock mock = {.measurers = MEASURER_TCG2};
	struct firmware fw;
	struct pe_image image;
	size_t len, loaded_len;
	uint8_t *file, *loaded;

	pe_maker_add(&maker, ".text", "stub", 4, PE_RX);
	/* In the file in the opposite order: that of measurement does not depend on it. */
	for (unsigned i = count; i-- > 0;) {
		put_file(&parts[i]);
		pe_maker_add(&maker, parts[i].name, parts[i].data, parts[i].len, PE_R);
	}
	file = pe_make(&maker, &len);
	loaded = pe_make_loaded(file, &loaded_len);
	REQUIRE(!pe_parse(loaded, loaded_len, PE_LOADED, &image));
	fw = firmware_mock_open(&mock);
	CHECK(!failed(measure_sections(&fw, &image)) && mock.event_count == 2 * count);
	for (unsigned i = 0; i < COUNT(banks); i++) {
		char ours[2 * DIGEST_MAX + 1], theirs[2 * DIGEST_MAX + 1];

		predict(parts, count, banks[i].name, theirs, sizeof(theirs));
		CHECK(strlen(theirs) == 2 * digest_len(banks[i].alg));
		REQUIRE(replay(&mock, banks[i].alg, ours));
		CHECK(!strcmp(ours, theirs));
		printf("  %s %.16s... %s\n", banks[i].name, theirs,
			strcmp(ours, theirs) ? "differs" : "equal");
	}
	firmware_mock_close(&mock);
	free(file);
	free(loaded);
}

static void test_mandatory_sections(void)
{
	const struct part parts[] = {
		{".linux", "kernel", 6}, {".cmdline", "quiet", 5}, {".initrd", "initrd", 6}};

	compare(parts, COUNT(parts));
}

static void test_more_sections(void)
{
	static uint8_t kernel[100000], initrd[70001];
	const struct part parts[] = {
		{".linux", kernel, sizeof(kernel)},
		{".osrel", "ID=test\nNAME=test\n", 18},
		{".cmdline", "console=ttyS0 roothash=00 quiet", 31},
		{".initrd", initrd, sizeof(initrd)},
		{".pcrpkey", "-----BEGIN PUBLIC KEY-----\n", 27},
	};

	for (size_t i = 0; i < sizeof(kernel); i++)
		kernel[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t i = 0; i < sizeof(initrd); i++)
		initrd[i] = (uint8_t)(i * 13 + i / 241);
	compare(parts, COUNT(parts));
}

/* The comparison is able to fail. */
static void test_one_changed_byte_differs(void)
{
	const struct part parts[] = {
		{".linux", "kernel", 6}, {".cmdline", "quiet", 5}, {".initrd", "initrd", 6}};
	const struct part changed = {".initrd", "initrD", 6};
	char good[2 * DIGEST_MAX + 1], bad[2 * DIGEST_MAX + 1];

	for (unsigned i = 0; i < COUNT(parts); i++)
		put_file(&parts[i]);
	predict(parts, COUNT(parts), "sha256", good, sizeof(good));
	put_file(&changed);
	predict(parts, COUNT(parts), "sha256", bad, sizeof(bad));
	CHECK(strlen(bad) == 64 && strcmp(good, bad));
}

static void remove_folder(void)
{
	static const char *const names[] = {"linux", "osrel", "cmdline", "initrd", "pcrpkey"};
	char path[128];

	for (unsigned i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

int main(void)
{
	for (unsigned i = 0; i < COUNT(tools) && !tool; i++)
		tool = access(tools[i], X_OK) ? NULL : tools[i];
	if (!tool || !mkdtemp(folder)) {
		fprintf(stderr, "needs systemd-measure, of the package systemd\n");
		return 1;
	}
	RUN(test_mandatory_sections);
	RUN(test_more_sections);
	RUN(test_one_changed_byte_differs);
	remove_folder();
	return test_summary();
}
