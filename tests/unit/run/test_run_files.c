/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run finds and keeps on disk: programs, firmware, its folder; and the keys of Secure Boot.
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include "tests/mock/nvram_maker.h"
#include "tests/unit/scratch.h"
#include "tools/lib/report.h"
#include "tools/lib/vars_store.h"
#include "tools/run/firmware_files.h"
#include "tools/run/programs.h"
#include "tools/run/secure_variables.h"
#include "tools/run/state_folder.h"
#include "tools/run/tpm_setup.h"

#define STORE_LEN 8192u

static const char certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBbDCCAROgAwIBAgIBATAKBggqhkjOPQQDAjANMQswCQYDVQQDDAJtZTAeFw0y\n"
	"-----END CERTIFICATE-----\n";

static void make_program(const char *name)
{
	scratch_write(scratch_path(name), "#!/bin/sh\n", 10, 0755);
}

/* A program in the place of swtpm_setup: what becomes of its folder, and when it is not run. */
static void test_tpm_setup(void)
{
	static const char good[] = "#!/bin/sh\nfor word; do last=$word; done\n"
				   "[ \"$last\" = /c/setup.conf ] && echo made >tpm2-00.permall\n";
	static const char bad[] = "#!/bin/sh\necho half >tpm2-00.permall\nexit 1\n";
	struct argv command = {0};
	char *program = must_dup(scratch_path("setup")), *folder = must_dup(scratch_path("tpm"));
	char *log = must_dup(scratch_path("setup.log"));
	int fd;

	tpm_setup_command(program, "/c/setup.conf", &command);
	REQUIRE(mkdir(folder, 0700) == 0);
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	CHECK(!tpm_setup_run(&command, fd, folder, log)); /* there is no such program */
	scratch_write(program, bad, strlen(bad), 0755);
	CHECK(!tpm_setup_run(&command, fd, folder, log));
	CHECK(faccessat(fd, "tpm2-00.permall", F_OK, 0));
	scratch_write(program, good, strlen(good), 0755);
	CHECK(tpm_setup_run(&command, fd, folder, log));
	CHECK(!faccessat(fd, "tpm2-00.permall", F_OK, 0));
	/* A TPM that is there stays as it is. */
	scratch_write(program, bad, strlen(bad), 0755);
	CHECK(tpm_setup_run(&command, fd, folder, log));
	close(fd);
	argv_free(&command);
	free(program);
	free(folder);
	free(log);
}

static void test_programs(void)
{
	struct programs found;
	char *before = must_dup(getenv("PATH"));

	make_program("qemu-system-x86_64");
	scratch_write(scratch_path("swtpm"), "", 0, 0644); /* not a program */
	setenv("PATH", scratch, 1);
	/* An installed swtpm lies in no sbin folder, which are looked into as well. */
	CHECK(!programs_find(false, &found));
	CHECK(found.qemu && strncmp(found.qemu, scratch, strlen(scratch)) == 0 && !found.swtpm);
	programs_free(&found);
	chmod(scratch_path("swtpm"), 0755);
	CHECK(programs_find(false, &found) && found.swtpm);
	programs_free(&found);
	/* What makes a certified TPM is looked for only where one is to be made. */
	setenv("PATH", scratch, 1);
	make_program("swtpm_setup");
	CHECK(programs_find(true, &found) && strstr(found.swtpm_setup, scratch));
	programs_free(&found);
	CHECK(programs_find(false, &found) && !found.swtpm_setup);
	programs_free(&found);
	/* A relative folder would be another one once the program has changed its own. */
	setenv("PATH", ".", 1);
	CHECK(chdir(scratch) == 0 && !programs_find(false, &found));
	programs_free(&found);
	setenv("PATH", before, 1);
	free(before);
}

static void make_folder(const char *name)
{
	if (mkdir(scratch_path(name), 0700) && errno != EEXIST)
		abort();
}

static void test_firmware(void)
{
	struct firmware_files files;

	CHECK(!firmware_find(scratch, false, &files));
	make_folder("usr");
	make_folder("usr/share");
	make_folder("usr/share/OVMF");
	scratch_write(scratch_path("usr/share/OVMF/OVMF_CODE_4M.fd"), "c", 1, 0644);
	scratch_write(scratch_path("usr/share/OVMF/OVMF_VARS.fd"), "v", 1, 0644);
	CHECK(!firmware_find(scratch, false, &files)); /* no pair of one size */
	scratch_write(scratch_path("usr/share/OVMF/OVMF_VARS_4M.fd"), "v", 1, 0644);
	CHECK(firmware_find(scratch, false, &files) && strstr(files.code, "OVMF_CODE_4M.fd"));
	firmware_files_free(&files);
	CHECK(!firmware_find(scratch, true, &files));
	scratch_write(scratch_path("usr/share/OVMF/OVMF_CODE_4M.secboot.fd"), "c", 1, 0644);
	CHECK(firmware_find(scratch, true, &files) && strstr(files.code, "secboot"));
	firmware_files_free(&files);
}

/* A list as a key variable holds it; what the certificate is does not matter here. */
static void make_list(struct bytes *list, const char *text)
{
	bytes_add_text(list, text);
}

static void test_enroll(void)
{
	struct bytes file = {0}, list = {0}, other = {0};
	struct vars_store store;
	const struct variable *db, *enabled;
	struct flaw flaw;

	nvram_begin(&file);
	nvram_add(&file, EFI_GLOBAL_VARIABLE_GUID, "Lang", "kept", 4, NVRAM_ADDED);
	nvram_end(&file, STORE_LEN);
	make_list(&list, "a list");
	make_list(&other, "b list");
	CHECK(!secure_variables_check(&file, "vars", &list));
	REQUIRE(secure_variables_enroll(&file, "vars", &list));
	REQUIRE(vars_store_read(file.data, file.len, &store, &flaw));
	db = vars_store_find(&store, EFI_IMAGE_SECURITY_GUID, "db");
	enabled = vars_store_find(&store, EFI_SECURE_BOOT_ENABLE_GUID, "SecureBootEnable");
	CHECK(db && db->len == list.len && memcmp(db->data, list.data, list.len) == 0);
	CHECK(enabled && enabled->len == 1 && enabled->data[0] == 1 && enabled->attributes == 3);
	CHECK(vars_store_find(&store, EFI_GLOBAL_VARIABLE_GUID, "PK") &&
		vars_store_find(&store, EFI_GLOBAL_VARIABLE_GUID, "KEK") &&
		vars_store_find(&store, EFI_GLOBAL_VARIABLE_GUID, "Lang"));
	vars_store_free(&store);
	CHECK(secure_variables_check(&file, "vars", &list));
	CHECK(!secure_variables_check(&file, "vars", &other));
	CHECK(!secure_variables_enroll(&file, "vars", &list)); /* it has keys by now */
	bytes_free(&file);
	bytes_free(&list);
	bytes_free(&other);
}

static void test_certificate(void)
{
	const char *path = scratch_path("c.pem");
	struct bytes list = {0};

	scratch_write(path, "nothing", 7, 0644);
	CHECK(!secure_certificate_read(path, &list));
	scratch_write(path, certificate, sizeof(certificate) - 1, 0644);
	CHECK(!secure_certificate_read(path, &list)); /* it is cut */
	CHECK(!secure_certificate_read("/nonexistent", &list));
	bytes_free(&list);
}

static bool open_state(struct run_options *o, struct state_folder *s)
{
	const struct firmware_files template = {
		.variables = (char *)(uintptr_t)scratch_path("t.fd")};

	*s = (struct state_folder){.lock = -1, .tpm_lock = -1};
	return state_folder_name(o, scratch_path("image"), s) && state_folder_make(o, &template, s);
}

static void test_state(void)
{
	char folder[64], moved[64];
	struct run_options o = {.disk_mib = 64};
	struct state_folder s, second;
	struct stat st;
	char id[STATE_ID_LEN + 1];

	snprintf(folder, sizeof(folder), "%s/image.machine", scratch);
	scratch_write(scratch_path("t.fd"), "variables", 9, 0444);
	REQUIRE(open_state(&o, &s));
	CHECK(strcmp(s.path, folder) == 0 && strlen(s.id) == STATE_ID_LEN);
	strcpy(id, s.id);
	CHECK(stat(s.path, &st) == 0 && (st.st_mode & 0777) == 0700);
	CHECK(stat(s.variables, &st) == 0 && st.st_size == 9 && (st.st_mode & 0777) == 0600);
	CHECK(stat(s.disk, &st) == 0 && st.st_size == 64 << 20 && st.st_blocks == 0);
	CHECK((st.st_mode & 0777) == 0600);
	CHECK(!open_state(&o, &second)); /* one run at a time */
	state_folder_close(&second);
	scratch_write(s.variables, "as the boot left them", 21, 0600);
	state_folder_close(&s);
	/* What is there stays: disk and variables, and the id when the folder has moved. */
	o.disk_mib = 128;
	snprintf(moved, sizeof(moved), "%s/moved", scratch);
	REQUIRE(!rename(folder, moved));
	o.state = moved;
	REQUIRE(open_state(&o, &s));
	CHECK(stat(s.disk, &st) == 0 && st.st_size == 64 << 20);
	CHECK(stat(s.variables, &st) == 0 && st.st_size == 21 && strcmp(id, s.id) == 0);
	state_folder_close(&s);
}

static void test_state_refused(void)
{
	char folder[64];
	struct run_options o = {.state = folder};
	struct state_folder s;

	snprintf(folder, sizeof(folder), "%s/open", scratch);
	make_folder("open");
	chmod(scratch_path("open"), 0777);
	CHECK(!open_state(&o, &s));
	state_folder_close(&s);
	chmod(scratch_path("open"), 0700);
	scratch_write(scratch_path("open/state.img"), "small", 5, 0600);
	CHECK(!open_state(&o, &s));
	state_folder_close(&s);
	unlink(scratch_path("open/state.img"));
	scratch_write(scratch_path("open/id"), "../../x,y", 9, 0600);
	CHECK(!open_state(&o, &s));
	state_folder_close(&s);
	unlink(scratch_path("open/id"));
	CHECK(open_state(&o, &s));
	state_folder_close(&s);
}

/* A machine that is thrown away leaves nothing. */
static void test_once(void)
{
	struct run_options o = {.once = true};
	struct state_folder s;
	struct stat st;
	char path[128];

	setenv("TMPDIR", scratch, 1);
	REQUIRE(open_state(&o, &s));
	snprintf(path, sizeof(path), "%s", s.path);
	CHECK(strncmp(path, scratch, strlen(scratch)) == 0);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0700);
	state_folder_close(&s);
	CHECK(stat(path, &st) != 0);
}

int main(void)
{
	report_silence();
	scratch_open();
	RUN(test_programs);
	RUN(test_tpm_setup);
	RUN(test_firmware);
	RUN(test_enroll);
	RUN(test_certificate);
	RUN(test_state);
	RUN(test_state_refused);
	RUN(test_once);
	scratch_close();
	return test_summary();
}
