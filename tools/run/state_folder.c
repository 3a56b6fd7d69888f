/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "crypto/digest.h"
#include "tools/lib/file.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/run/secure_variables.h"

#define VARIABLES_MAX (16u << 20) /* bytes */
#define DISK_MIN      (32u << 20) /* bytes: what PID 1 takes */

/* Without links followed: what does not exist yet has a path too. */
static char *absolute(const char *path)
{
	char *here, *out;

	if (*path == '/')
		return must_dup(path);
	here = getcwd(NULL, 0);
	out = must_format("%s/%s", here ? here : "", path);
	free(here);
	return out;
}

static char *temporary_folder(void)
{
	const char *tmp = getenv("TMPDIR");
	char *path = must_format("%s/protostar-run-XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (mkdtemp(path))
		return path;
	complain("cannot make a folder in %s: %s", tmp && *tmp ? tmp : "/tmp", strerror(errno));
	free(path);
	return NULL;
}

static bool is_id(const struct bytes *text)
{
	uint8_t raw[STATE_ID_LEN / 2];

	return text->len == STATE_ID_LEN + 1 && text->data[STATE_ID_LEN] == '\n' &&
	       hex_decode_text((const char *)text->data, STATE_ID_LEN, raw, sizeof(raw));
}

/* It stays with the folder when that is moved. */
static bool name_machine(struct state_folder *s)
{
	uint8_t hash[SHA256_LEN];
	struct bytes kept = {0};
	bool fine = true;

	if (access(s->id_file, F_OK)) {
		sha256(s->path, strlen(s->path), hash);
		hex_encode(hash, STATE_ID_LEN / 2, s->id);
	} else if (file_read(s->id_file, STATE_ID_LEN + 1, &kept) && is_id(&kept)) {
		memcpy(s->id, kept.data, STATE_ID_LEN);
	} else {
		fine = complain("%s does not hold %u hexadecimal digits, as it was written",
			s->id_file, STATE_ID_LEN);
	}
	bytes_free(&kept);
	return fine;
}

bool state_folder_name(const struct run_options *o, const char *image, struct state_folder *out)
{
	struct state_folder s = {.lock = -1, .tpm_lock = -1, .temporary = o->once && !o->dry_run};

	if (s.temporary)
		s.path = temporary_folder();
	else
		s.path = o->state ? absolute(o->state) : must_format("%s.machine", image);
	if (!s.path)
		return false;
	s.tpm = o->tpm ? absolute(o->tpm) : must_format("%s/tpm", s.path);
	s.disk = o->disk ? absolute(o->disk) : must_format("%s/state.img", s.path);
	/* Builds of OVMF with and without Secure Boot do not take each other's variables. */
	s.variables = must_format("%s/%s", s.path, o->secure_boot ? "vars-secure.fd" : "vars.fd");
	s.system = must_format("%s/system.img", s.path);
	s.qemu_log = must_format("%s/qemu.log", s.path);
	s.tpm_log = must_format("%s/swtpm.log", s.path);
	s.accelerator = must_format("%s/accelerator", s.path);
	s.id_file = must_format("%s/id", s.path);
	*out = s;
	return name_machine(out);
}

/* Opens a folder, made if missing, that is the caller's own and nobody else's to change. */
static int take_folder(const char *path)
{
	struct stat st;
	int fd;

	if (mkdir(path, 0700) && errno != EEXIST) {
		complain("cannot make the folder %s: %s", path, strerror(errno));
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		complain("cannot open the folder %s: %s", path, strerror(errno));
	else if (fstat(fd, &st) || st.st_uid != geteuid() || st.st_mode & 022)
		complain("%s must be your own folder, which nobody else may write to", path);
	else if (flock(fd, LOCK_EX | LOCK_NB))
		complain("another protostar run uses %s: end it, or take another --state", path);
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool write_new(const char *path, const struct bytes *contents)
{
	char *partial = must_format("%s.partial", path);
	bool fine = file_write(partial, contents->data, contents->len) && !chmod(partial, 0600) &&
		    !rename(partial, path);

	if (!fine)
		unlink(partial);
	free(partial);
	return fine || complain("cannot write %s", path);
}

/* The variables as the last boot left them, or as a machine begins. */
static bool make_variables(
	const struct run_options *o, const struct firmware_files *template, const char *path)
{
	bool kept = access(path, F_OK) == 0, fine = true;
	const char *source = kept ? path : template->variables;
	struct bytes file = {0}, list = {0};

	if (o->secure_boot)
		fine = secure_certificate_read(o->certificate, &list);
	fine = fine && file_read(source, VARIABLES_MAX, &file);
	if (fine && o->secure_boot)
		fine = kept ? secure_variables_check(&file, source, &list)
			    : secure_variables_enroll(&file, source, &list);
	if (fine && !kept)
		fine = write_new(path, &file);
	bytes_free(&file);
	bytes_free(&list);
	return fine;
}

/* It has been there before: it stays as it is. */
static bool check_disk(const struct run_options *o, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < DISK_MIN || st.st_size % 512)
		return complain("--disk %s: a state disk is a file of at least 32 MiB", path);
	if (o->disk_mib && (uint64_t)st.st_size != o->disk_mib << 20)
		report_error("warning: %s is there already, with %lld MiB, and stays so", path,
			(long long)st.st_size >> 20);
	return true;
}

static bool make_disk(const struct run_options *o, const char *path)
{
	uint64_t mib = o->disk_mib ? o->disk_mib : DISK_MIB_DEFAULT;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool fine;

	if (fd >= 0) {
		fine = !ftruncate(fd, (off_t)(mib << 20));
		if (!fine) {
			complain("cannot make %s of %llu MiB: %s", path, (unsigned long long)mib,
				strerror(errno));
			unlink(path);
		}
	} else {
		fd = errno == EEXIST ? open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1;
		if (fd < 0)
			return complain("cannot open %s: %s", path, strerror(errno));
		fine = check_disk(o, path, fd);
	}
	close(fd);
	return fine;
}

static bool keep_id(const struct state_folder *s)
{
	struct bytes text = {0};
	bool fine = true;

	bytes_addf(&text, "%s\n", s->id);
	if (access(s->id_file, F_OK))
		fine = write_new(s->id_file, &text);
	bytes_free(&text);
	return fine;
}

bool state_folder_make(
	const struct run_options *o, const struct firmware_files *template, struct state_folder *s)
{
	s->lock = take_folder(s->path);
	if (s->lock < 0)
		return false;
	s->tpm_lock = take_folder(s->tpm);
	/* Left by a run that was killed. */
	if (s->tpm_lock < 0 || (unlinkat(s->tpm_lock, TPM_SOCKET, 0) && errno != ENOENT))
		return false;
	return make_variables(o, template, s->variables) && make_disk(o, s->disk) && keep_id(s);
}

void state_folder_close(struct state_folder *s)
{
	char *const paths[] = {s->path, s->tpm, s->variables, s->disk, s->system, s->qemu_log,
		s->tpm_log, s->accelerator, s->id_file};

	if (s->tpm_lock >= 0) {
		unlinkat(s->tpm_lock, TPM_SOCKET, 0);
		close(s->tpm_lock);
	}
	if (s->lock >= 0) {
		unlink(s->system);
		close(s->lock);
	}
	if (s->temporary && s->path)
		folder_remove(s->path);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		free(paths[i]);
	*s = (struct state_folder){.lock = -1, .tpm_lock = -1};
}
