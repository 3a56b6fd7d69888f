/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Secure Boot: where the keys come from, what contradicts itself, and in which order images and
 * what they are trusted by are measured. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>
#include "tests/mock/image_signer.h"
#include "tests/mock/nvram_maker.h"
#include "tests/mock/uki_maker.h"
#include "tests/unit/measure/code_maker.h"
#include "tests/unit/scratch.h"
#include "tools/lib/gpt.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/lib/vars_store.h"
#include "tools/measure/firmware/firmware.h"

#define OWNER "a0baa8a3-041d-48a8-bc87-c36d121b5e3d"

static struct signer one, two;
static struct bytes lists_of_one; /* db that holds one's certificate */

static const char *write_file(const char *name, const struct bytes *contents)
{
	const char *path = scratch_path(name);

	scratch_write(path, contents->data, contents->len, 0600);
	return path;
}

/* A store with keys, as a set-up machine has it. */
static const char *make_store(bool platform_key, const char *enable, uint8_t mark)
{
	/* An EFI_LOAD_OPTION of what lies in a firmware volume: such a store has been booted. */
	uint8_t option[10 + 20 + 4] = {mark, 0, 0, 0, 24, 0, 'a', 0, 0, 0, 4, 6, 20};
	struct bytes file = {0};
	const char *path;

	nvram_begin(&file);
	if (platform_key)
		nvram_add(&file, EFI_GLOBAL_VARIABLE_GUID, "PK", lists_of_one.data,
			lists_of_one.len, NVRAM_ADDED);
	nvram_add(&file, EFI_IMAGE_SECURITY_GUID, "db", lists_of_one.data, lists_of_one.len,
		NVRAM_ADDED);
	if (enable)
		nvram_add(&file, EFI_SECURE_BOOT_ENABLE_GUID, "SecureBootEnable", enable, 1,
			NVRAM_ADDED);
	/* Boot0007 and an option that is not set. */
	nvram_add(&file, EFI_GLOBAL_VARIABLE_GUID, "BootOrder", "\x07\0\x0a\0", 4, NVRAM_ADDED);
	nvram_add(&file, EFI_GLOBAL_VARIABLE_GUID, "Boot0007", option, sizeof(option), NVRAM_ADDED);
	nvram_end(&file, 8192);
	path = write_file("vars.fd", &file);
	bytes_free(&file);
	return path;
}

static bool begin(
	const struct firmware_request *request, struct boot *boot, struct firmware **out_firmware)
{
	boot_init(boot);
	*out_firmware = firmware_open(request, boot);
	return *out_firmware && firmware_begin(*out_firmware, boot);
}

static bool finish(struct boot *boot, struct firmware *firmware)
{
	bool fine = firmware_end(firmware, boot) && boot_hash(boot, BANK_BIT(BANK_SHA256));

	firmware_close(firmware);
	return fine;
}

/* Whether what was asked for makes sense and comes to this. */
static bool settles(const struct firmware_request *request, bool on, bool known)
{
	struct firmware *firmware;
	struct boot boot;
	bool fine = begin(request, &boot, &firmware) && firmware_secure_boot(firmware) == on &&
		    (boot.unknown[7] == NULL) == known;

	if (firmware)
		firmware_close(firmware);
	boot_free(&boot);
	return fine;
}

static bool refused(const struct firmware_request *request)
{
	struct firmware *firmware;
	struct boot boot;
	bool fine = begin(request, &boot, &firmware);

	if (firmware)
		firmware_close(firmware);
	boot_free(&boot);
	return !fine;
}

static void test_settles_by_store(void)
{
	struct firmware_request request = {.vars = make_store(true, "\1", 0)};

	CHECK(settles(&request, true, true));
	request.secure_boot = SECURE_BOOT_OFF;
	CHECK(refused(&request));
	request = (struct firmware_request){.vars = make_store(true, NULL, 0)};
	CHECK(settles(&request, true, true));
	/* Switched off in the setup: the form depends on the build. */
	request = (struct firmware_request){.vars = make_store(true, "", 0)};
	CHECK(settles(&request, false, false));
	request.secure_boot = SECURE_BOOT_ON;
	CHECK(refused(&request));
	request.secure_boot = SECURE_BOOT_OFF;
	CHECK(settles(&request, false, true));
	request = (struct firmware_request){.vars = make_store(false, "\1", 0), .profile = "aws"};
	CHECK(settles(&request, false, true));
	request.secure_boot = SECURE_BOOT_UNSET;
	CHECK(refused(&request));
}

static void test_settles_by_lists(void)
{
	const char *db = write_file("db.esl", &lists_of_one);
	struct firmware_request request = {.secure_boot = SECURE_BOOT_ON};

	CHECK(settles(&request, true, false));
	request.lists[LIST_DB][0] = db;
	request.list_counts[LIST_DB] = 1;
	CHECK(refused(&request)); /* on without a platform key */
	request.lists[LIST_PK][0] = db;
	request.list_counts[LIST_PK] = 1;
	CHECK(settles(&request, true, true));
	request.secure_boot = SECURE_BOOT_UNSTATED;
	CHECK(settles(&request, true, true));
	request.vars = make_store(true, "\1", 0);
	CHECK(settles(&request, true, true)); /* lists in place of those in the store */
	request.vars = NULL;
	request.lists[LIST_DB][0] = scratch_path("nonexistent");
	CHECK(refused(&request));
}

static bool keys_given(const struct firmware_request *request)
{
	struct firmware *firmware;
	struct boot boot;
	bool given = begin(request, &boot, &firmware) && boot.secure_boot_keys;

	if (firmware)
		firmware_close(firmware);
	boot_free(&boot);
	return given;
}

/* A state alone is no key: PCR 7 is then known only if none is enrolled. */
static void test_tells_whether_keys_were_given(void)
{
	struct firmware_request request = {.secure_boot = SECURE_BOOT_OFF};

	CHECK(settles(&request, false, true) && !keys_given(&request));
	request = (struct firmware_request){0};
	CHECK(!keys_given(&request));
	request.lists[LIST_PK][0] = write_file("pk.esl", &lists_of_one);
	request.list_counts[LIST_PK] = 1;
	CHECK(keys_given(&request));
	request = (struct firmware_request){.vars = make_store(false, NULL, 0)};
	CHECK(keys_given(&request));
}

static void test_settles_by_code(void)
{
	struct code_maker without = {.version = "", .measures = true};
	struct bytes image = {0};
	struct firmware_request request = {0};

	code_make(&without, &image);
	request.code = write_file("code.fd", &image);
	CHECK(settles(&request, false, true));
	request.secure_boot = SECURE_BOOT_ON;
	CHECK(refused(&request));
	request.secure_boot = SECURE_BOOT_OFF;
	CHECK(refused(&request));
	bytes_free(&image);
}

/* Code and variables in one image, and the boot options that the store lists. */
static void test_reads_one_image(void)
{
	struct code_maker with = {.version = "", .measures = true, .secure_boot = true};
	struct firmware_request request = {0};
	struct bytes image = {0}, code = {0};
	struct firmware *firmware;
	struct boot boot;
	struct mapped vars;
	const struct boot_event *option = NULL;

	REQUIRE(file_map(make_store(true, "\1", 0x5a), &vars));
	bytes_add(&image, vars.data, vars.len);
	bytes_align(&image, 4096);
	code_make(&with, &code);
	bytes_add(&image, code.data, code.len);
	request.code = write_file("both.fd", &image);
	CHECK(settles(&request, true, true) && keys_given(&request));
	REQUIRE(begin(&request, &boot, &firmware));
	CHECK(boot.unknown[1] == NULL && boot.remark[1]);
	for (size_t i = 0; i < boot.count; i++)
		if (boot.events[i].pcr == 1 && strcmp(boot.events[i].subject, "Boot0007") == 0)
			option = &boot.events[i];
	REQUIRE(option != NULL);
	CHECK(option->piece_count == 1 && option->pieces[0].len == 34 &&
		option->pieces[0].data[0] == 0x5a);
	CHECK(image.data[option->pieces[0].offset] == 0x5a);
	CHECK(finish(&boot, firmware));
	boot_free(&boot);
	file_unmap(&vars);
	bytes_free(&image);
	bytes_free(&code);
}

static void make_image(
	struct bytes *out, const struct signer *signer, const char *section, const char *contents)
{
	struct pe_maker maker = uki_maker_kernel();
	size_t len;
	uint8_t *file;

	if (section)
		pe_maker_add(&maker, section, contents, (uint32_t)strlen(contents), PE_R);
	file = pe_make(&maker, &len);
	bytes_add(out, file, len);
	if (signer)
		image_sign(out, &signer, 1);
	free(file);
}

static bool start(struct firmware *firmware, struct boot *boot, const struct bytes *image,
	const struct bytes *disk)
{
	struct boot_image boot_image = {.data = image->data,
		.len = image->len,
		.source = "image",
		.name = "image",
		.disk = disk ? disk->data : NULL,
		.disk_len = disk ? disk->len : 0,
		.disk_source = "disk"};

	return firmware_start_image(firmware, boot, &boot_image);
}

/* A certificate file with its owner is the same as the list that has both. */
static void test_takes_owners(void)
{
	struct firmware_request request = {0};
	const struct boot_piece *piece;
	struct bytes image = {0};
	struct firmware *firmware;
	struct boot boot;
	size_t from;
	char word[512];
	uint8_t owner[GUID_LEN];

	guid_parse(OWNER, owner);
	snprintf(word, sizeof(word), OWNER ":%s", write_file("one.der", &one.der));
	request.lists[LIST_PK][0] = request.lists[LIST_DB][0] = word;
	request.list_counts[LIST_PK] = request.list_counts[LIST_DB] = 1;
	REQUIRE(begin(&request, &boot, &firmware));
	/* SecureBoot, then PK: GUID, two lengths, "PK", the list's header, the owner. */
	CHECK(boot.events[1].data_len == 36 + 28 + GUID_LEN + one.der.len);
	CHECK(memcmp(boot.events[1].data + 36 + 28, owner, GUID_LEN) == 0);
	/* The list is not in the file: it was made of all of it. */
	piece = &boot.events[1].pieces[1];
	CHECK(boot.remark[7] && strstr(boot.remark[7], "dbx"));
	CHECK(piece->form && strcmp(piece->form, "a signature list") == 0);
	CHECK(piece->offset == 0 && piece->source_len == one.der.len);
	CHECK(piece->len == 28 + GUID_LEN + one.der.len);
	/* Of db, what an image is trusted by is one entry. */
	make_image(&image, &one, NULL, NULL);
	from = boot.count;
	CHECK(start(firmware, &boot, &image, NULL));
	REQUIRE(boot.events[from].rule == RULE_AUTHORITY && boot.events[from].piece_count == 2);
	piece = &boot.events[from].pieces[1];
	CHECK(piece->form && strcmp(piece->form, "part of a signature list") == 0);
	CHECK(piece->len == GUID_LEN + one.der.len && piece->source_len == one.der.len);
	CHECK(finish(&boot, firmware)); /* hashes the image */
	boot_free(&boot);
	bytes_free(&image);
}

static void make_disk(struct bytes *disk)
{
	static const uint8_t guid[GUID_LEN] = {1};
	struct gpt_partition parts[2] = {{.first = 64, .last = 99}, {.first = 100, .last = 200}};
	struct bytes head = {0}, tail = {0};

	guid_parse(GPT_TYPE_ESP, parts[0].type);
	guid_parse(GPT_TYPE_ROOT_X86_64, parts[1].type);
	gpt_make(guid, 512, parts, 2, &head, &tail);
	bytes_add(disk, head.data, head.len);
	bytes_zeros(disk, (512 - GPT_HEAD_SECTORS - GPT_TAIL_SECTORS) * (size_t)GPT_SECTOR);
	bytes_add(disk, tail.data, tail.len);
	bytes_free(&head);
	bytes_free(&tail);
}

/* The types of the events from one on, as letters: authority, GPT, application. */
static void letters(const struct boot *boot, size_t from, char *out)
{
	for (size_t i = from; i < boot->count; i++) {
		uint32_t type = boot->events[i].type;

		*out++ = type == TCG_EFI_VARIABLE_AUTHORITY ? 'A'
			 : type == TCG_EFI_GPT		    ? 'G'
			 : type == TCG_EFI_APPLICATION	    ? 'E'
							    : '?';
	}
	*out = '\0';
}

/* Authority, partition table, application; each authority and the table once. */
static void test_orders_events(void)
{
	struct firmware_request request = {.vars = make_store(true, "\1", 0)};
	struct bytes first = {0}, second = {0}, stranger = {0}, disk = {0};
	struct firmware *firmware;
	struct boot boot;
	char order[16];
	size_t from;

	make_image(&first, &one, NULL, NULL);
	make_image(&second, &one, ".more", "x");
	make_image(&stranger, &two, NULL, NULL);
	make_disk(&disk);
	REQUIRE(begin(&request, &boot, &firmware));
	from = boot.count;
	CHECK(start(firmware, &boot, &first, &disk));
	CHECK(start(firmware, &boot, &second, &disk));
	letters(&boot, from, order);
	CHECK(strcmp(order, "AGEE") == 0);
	/* The authority: the entry of db, owner and certificate, as a variable named db. */
	CHECK(boot.events[from].data_len == 32 + 4 + GUID_LEN + one.der.len);
	CHECK(strstr(boot.events[from].what, "CN = number one") != NULL);
	CHECK(boot.events[from].pieces[1].source != NULL);
	CHECK(!start(firmware, &boot, &stranger, &disk));
	CHECK(finish(&boot, firmware));
	CHECK(!boot.unknown[5] && !boot.unknown[7]);
	boot_free(&boot);
	bytes_free(&first);
	bytes_free(&second);
	bytes_free(&stranger);
	bytes_free(&disk);
}

/* What shim starts is not firmware's to trust, and not ours to know. */
static void test_stops_at_shim(void)
{
	struct firmware_request request = {.vars = make_store(true, "\1", 0)};
	struct bytes shim = {0}, unsigned_image = {0}, broken = {0};
	struct firmware *firmware;
	struct boot boot;
	char order[16];
	size_t from;

	make_image(&shim, &one, ".sbat", "sbat,1\nshim,4,UEFI shim\n");
	make_image(&unsigned_image, NULL, NULL, NULL);
	bytes_zeros(&broken, 100);
	REQUIRE(begin(&request, &boot, &firmware));
	from = boot.count;
	CHECK(!start(firmware, &boot, &unsigned_image, NULL));
	CHECK(start(firmware, &boot, &shim, NULL));
	CHECK(start(firmware, &boot, &unsigned_image, NULL));
	CHECK(!start(firmware, &boot, &broken, NULL));
	letters(&boot, from, order);
	CHECK(strcmp(order, "AEE") == 0);
	CHECK(boot.unknown[7] && boot.unknown[14] && !boot.unknown[4] && boot.remark[4]);
	CHECK(finish(&boot, firmware));
	boot_free(&boot);
	bytes_free(&shim);
	bytes_free(&unsigned_image);
	bytes_free(&broken);
}

/* From release 255 on systemd-boot measures its settings, which are on its volume. */
static void test_knows_systemd_boot(void)
{
	static const struct {
		const char *text;
		bool known;
	} cases[] = {
		{"#### LoaderInfo: systemd-boot 257.13-1 ####", false},
		{"#### LoaderInfo: systemd-boot 252.39 ####", true},
		{"#### LoaderInfo: systemd-boot ", true},
		{"#### LoaderInfo: systemd-stub 257 ####", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct firmware_request request = {.secure_boot = SECURE_BOOT_OFF};
		struct bytes image = {0}, disk = {0};
		struct firmware *firmware;
		struct boot boot;

		make_image(&image, NULL, ".sdmagic", cases[i].text);
		make_disk(&disk);
		REQUIRE(begin(&request, &boot, &firmware));
		CHECK(start(firmware, &boot, &image, &disk));
		CHECK((boot.unknown[5] == NULL) == cases[i].known);
		CHECK(finish(&boot, firmware));
		boot_free(&boot);
		bytes_free(&image);
		bytes_free(&disk);
	}
}

/* One start of systemd-boot from a folder; true when firmware_start_image() says so. */
static bool start_loader(struct boot *boot, const char *release, const char *root)
{
	struct firmware_request request = {.secure_boot = SECURE_BOOT_OFF};
	struct bytes image = {0}, disk = {0};
	struct boot_image loader = {.source = "loader", .name = "loader", .root = root};
	struct firmware *firmware;
	bool fine;

	make_image(&image, NULL, ".sdmagic", release);
	make_disk(&disk);
	loader.data = boot_keep(boot, image.data, image.len);
	loader.len = image.len;
	loader.disk = boot_keep(boot, disk.data, disk.len);
	loader.disk_len = disk.len;
	loader.disk_source = "disk";
	firmware = firmware_open(&request, boot);
	fine = firmware && firmware_begin(firmware, boot) &&
	       firmware_start_image(firmware, boot, &loader);
	firmware_close(firmware);
	bytes_free(&image);
	bytes_free(&disk);
	return fine;
}

static void test_measures_loader_conf(void)
{
	static const char settings[] = "timeout 3\n";
	static const char new[] = "#### LoaderInfo: systemd-boot 257.13-1 ####";
	static const char newer[] = "#### LoaderInfo: systemd-boot 260 ####";
	const char *folder = scratch_path("loader"), *file = scratch_path("loader/loader.conf");
	const struct boot_event *event;
	uint8_t digest[BANK_DIGEST_MAX];
	struct boot boot;

	boot_init(&boot);
	CHECK(start_loader(&boot, new, scratch)); /* no such file: nothing to measure */
	CHECK(!boot.unknown[5] && boot.events[boot.count - 1].rule == RULE_APPLICATION);
	boot_free(&boot);

	mkdir(folder, 0700);
	scratch_write(file, settings, strlen(settings), 0600);
	for (unsigned i = 0; i < 2; i++) {
		boot_init(&boot);
		REQUIRE(start_loader(&boot, i ? newer : new, scratch));
		REQUIRE(boot_hash(&boot, BANK_BIT(BANK_SHA256)));
		event = &boot.events[boot.count - 1];
		bank_hash(BANK_SHA256, settings, strlen(settings), digest);
		CHECK(!boot.unknown[5] && event->rule == RULE_LOADER_CONFIG && event->pcr == 5);
		CHECK(event->type == TCG_EVENT_TAG && event->data_len == 32);
		CHECK(event->to == (i ? BOOT_TO_BOTH : BOOT_TO_TPM));
		CHECK(memcmp(event->digest[BANK_SHA256], digest, bank_len(BANK_SHA256)) == 0);
		boot_free(&boot);
	}

	remove(file);
	mkdir(file, 0700); /* there, but no file */
	boot_init(&boot);
	CHECK(!start_loader(&boot, new, scratch));
	boot_free(&boot);
}

int main(void)
{
	report_silence();
	scratch_open();
	one = signer_make("number one", NULL, 0);
	two = signer_make("number two", NULL, 0);
	signature_list_add(&lists_of_one, LIST_X509, one.der.data, one.der.len);
	RUN(test_settles_by_store);
	RUN(test_settles_by_lists);
	RUN(test_tells_whether_keys_were_given);
	RUN(test_settles_by_code);
	RUN(test_reads_one_image);
	RUN(test_takes_owners);
	RUN(test_orders_events);
	RUN(test_stops_at_shim);
	RUN(test_knows_systemd_boot);
	RUN(test_measures_loader_conf);
	bytes_free(&lists_of_one);
	signer_free(&one);
	signer_free(&two);
	scratch_close();
	return test_summary();
}
