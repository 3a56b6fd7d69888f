/* SPDX-License-Identifier: GPL-2.0-or-later */
#define FUSE_USE_VERSION 31
#include "tests/mock/tsm_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/digest.h"

#define FOLDER	   "/sys/kernel/config/tsm/report"
#define MEASURES   "/sys/devices/virtual/misc/tdx_guest/measurements"
#define REGISTER   "/rtmr3:sha384"
#define ENTRIES	   8u
#define INPUT_MAX  64u
#define BLOB_MAX   32768u
#define PRIVLEVELS 4u

enum attribute {
	INBLOB,
	OUTBLOB,
	AUXBLOB,
	MANIFESTBLOB,
	PROVIDER,
	GENERATION,
	PRIVLEVEL,
	PRIVLEVEL_FLOOR,
	SERVICE_PROVIDER,
	SERVICE_GUID,
	SERVICE_MANIFEST_VERSION,
	ATTRIBUTES
};

/* Where an attribute is seen: everywhere, with SNP, or with SNP under an SVSM. */
enum seen { ALWAYS, ON_SNP, ON_SVSM };

static const struct {
	const char *name;
	bool writable; /* else readable: none is both */
	enum seen seen;
} attributes[ATTRIBUTES] = {
	[INBLOB] = {"inblob", true, ALWAYS},
	[OUTBLOB] = {"outblob", false, ALWAYS},
	[AUXBLOB] = {"auxblob", false, ON_SNP},
	[MANIFESTBLOB] = {"manifestblob", false, ON_SVSM},
	[PROVIDER] = {"provider", false, ALWAYS},
	[GENERATION] = {"generation", false, ALWAYS},
	[PRIVLEVEL] = {"privlevel", true, ON_SNP},
	[PRIVLEVEL_FLOOR] = {"privlevel_floor", false, ON_SNP},
	[SERVICE_PROVIDER] = {"service_provider", true, ON_SVSM},
	[SERVICE_GUID] = {"service_guid", true, ON_SVSM},
	[SERVICE_MANIFEST_VERSION] = {"service_manifest_version", true, ON_SVSM},
};

struct entry {
	char name[64]; /* empty: none */
	uint8_t input[INPUT_MAX];
	size_t input_len;
	unsigned privlevel;
	bool svsm, vtpm;
	uint64_t written, read; /* generations */
	uint8_t report[BLOB_MAX];
	size_t report_len;
};

/* One open file: what is written to an input until it is closed. */
struct handle {
	uint8_t data[INPUT_MAX];
	size_t len;
	bool touched;
};

static struct tsm_machine *machine;
static struct entry entries[ENTRIES];
static pid_t child = -1;

static bool is_snp(void)
{
	return strcmp(machine->provider, "sev_guest") == 0;
}

static bool is_seen(enum attribute a)
{
	if (attributes[a].seen == ALWAYS)
		return true;
	return is_snp() && (attributes[a].seen == ON_SNP || machine->privlevel_floor > 0);
}

static struct entry *entry_of(const char *path, const char **rest)
{
	size_t len = strcspn(path + 1, "/");

	for (size_t i = 0; i < ENTRIES; i++) {
		if (strlen(entries[i].name) == len && len &&
			memcmp(entries[i].name, path + 1, len) == 0) {
			*rest = path + 1 + len;
			return &entries[i];
		}
	}
	return NULL;
}

/* The attribute that a path names; ATTRIBUTES: none. */
static enum attribute attribute_of(const char *path, struct entry **e)
{
	const char *rest;
	enum attribute a;

	*e = entry_of(path, &rest);
	if (!*e || *rest != '/')
		return ATTRIBUTES;
	for (a = 0; a < ATTRIBUTES; a++)
		if (strcmp(attributes[a].name, rest + 1) == 0 && is_seen(a))
			break;
	return a;
}

static int fs_getattr(const char *path, struct stat *st, struct fuse_file_info *info)
{
	struct entry *e;
	enum attribute a = attribute_of(path, &e);
	const char *rest;

	(void)info;
	memset(st, 0, sizeof(*st));
	st->st_nlink = 1;
	if (strcmp(path, REGISTER) == 0 && !is_snp()) {
		st->st_mode = S_IFREG | (machine->no_rtmr ? 0444 : 0644);
		st->st_size = sizeof(machine->rtmr);
	} else if (a < ATTRIBUTES) {
		st->st_mode = S_IFREG | (attributes[a].writable ? 0200 : 0444);
	} else if (strcmp(path, "/") == 0 || (entry_of(path, &rest) && !*rest)) {
		st->st_mode = S_IFDIR | 0755;
	} else {
		return -ENOENT;
	}
	return 0;
}

static int fs_mkdir(const char *path, mode_t mode)
{
	const char *rest;

	(void)mode;
	if (!machine->provider[0])
		return -ENXIO;
	if (entry_of(path, &rest))
		return -EEXIST;
	for (size_t i = 0; i < ENTRIES; i++) {
		if (entries[i].name[0])
			continue;
		memset(&entries[i], 0, sizeof(entries[i]));
		(void)snprintf(entries[i].name, sizeof(entries[i].name), "%s", path + 1);
		machine->made++;
		return 0;
	}
	return -ENOMEM;
}

static int fs_rmdir(const char *path)
{
	const char *rest;
	struct entry *e = entry_of(path, &rest);

	if (!e || *rest)
		return -ENOENT;
	memset(e, 0, sizeof(*e));
	machine->removed++;
	return 0;
}

static int fs_open(const char *path, struct fuse_file_info *info)
{
	int wanted = info->flags & O_ACCMODE;
	struct entry *e;
	enum attribute a = attribute_of(path, &e);

	info->direct_io = 1;
	if (strcmp(path, REGISTER) == 0)
		return wanted != O_RDONLY && machine->no_rtmr ? -EACCES : 0;
	if (a == ATTRIBUTES)
		return -ENOENT;
	if (wanted != (attributes[a].writable ? O_WRONLY : O_RDONLY))
		return -EACCES;
	info->fh = (uint64_t)(uintptr_t)calloc(1, sizeof(struct handle));
	return info->fh ? 0 : -ENOMEM;
}

/* Report data under an SVSM: SHA-512 over what was asked and what it says. */
static size_t manifest(uint8_t out[BLOB_MAX])
{
	memset(out, 'm', BLOB_MAX);
	if (machine->manifest_len)
		return machine->manifest_len;
	memcpy(out, TSM_MANIFEST, strlen(TSM_MANIFEST));
	return strlen(TSM_MANIFEST);
}

static int make_report(struct entry *e)
{
	uint8_t said[BLOB_MAX], digest[DIGEST_MAX];
	size_t at = is_snp() ? TSM_SNP_DATA_AT : TSM_TDX_DATA_AT;
	struct digest d;

	if (machine->read_error)
		return -machine->read_error;
	if (!machine->provider[0])
		return -ENXIO;
	if (machine->others) {
		machine->others--;
		e->written++;
		e->input[0] ^= 1;
	}
	if (e->written == 0 || e->input_len != INPUT_MAX)
		return -EINVAL;
	memset(e->report, 0, sizeof(e->report));
	e->report_len = is_snp() ? TSM_SNP_LEN : TSM_TDX_LEN;
	memcpy(e->report + at, e->input, INPUT_MAX);
	if (machine->maker)
		e->report_len = machine->maker(machine, e->input, e->report);
	else if (is_snp())
		e->report[TSM_SNP_VMPL_AT] = e->svsm ? 0 : (uint8_t)e->privlevel;
	if (e->svsm && e->vtpm) {
		size_t len = manifest(said);

		if (!digest_start(&d, DIGEST_SHA512))
			return -EIO;
		digest_add(&d, e->input, INPUT_MAX);
		digest_add(&d, said, len);
		digest_end(&d, digest);
		memcpy(e->report + at, digest, INPUT_MAX);
	}
	if (machine->report_len)
		e->report_len = machine->report_len;
	e->read = e->written;
	machine->reports++;
	return 0;
}

static int give(const void *data, size_t len, char *out, size_t size, off_t offset)
{
	if (offset < 0 || (size_t)offset >= len)
		return 0;
	len -= (size_t)offset;
	if (len > size)
		len = size;
	memcpy(out, (const uint8_t *)data + offset, len);
	return (int)len;
}

static int read_blob(struct entry *e, enum attribute a, char *out, size_t size, off_t offset)
{
	uint8_t other[BLOB_MAX];
	size_t len;

	if (!e->report_len || e->read != e->written) {
		int failure = make_report(e);

		if (failure)
			return failure;
	}
	if (a == OUTBLOB)
		return give(e->report, e->report_len, out, size, offset);
	if (a == MANIFESTBLOB) {
		len = e->svsm ? manifest(other) : 0;
	} else {
		memset(other, 't', sizeof(other));
		len = machine->table_len;
	}
	return give(other, len, out, size, offset);
}

static int fs_read(
	const char *path, char *out, size_t size, off_t offset, struct fuse_file_info *info)
{
	struct entry *e;
	enum attribute a = attribute_of(path, &e);
	char text[64] = "";

	(void)info;
	if (strcmp(path, REGISTER) == 0)
		return give(machine->rtmr, sizeof(machine->rtmr), out, size, offset);
	switch (a) {
	case OUTBLOB:
	case AUXBLOB:
	case MANIFESTBLOB:
		return read_blob(e, a, out, size, offset);
	case PROVIDER:
		if (!machine->provider[0])
			return -ENXIO;
		(void)snprintf(text, sizeof(text), "%s\n", machine->provider);
		break;
	case GENERATION:
		(void)snprintf(text, sizeof(text), "%llu\n", (unsigned long long)e->written);
		break;
	case PRIVLEVEL_FLOOR:
		(void)snprintf(text, sizeof(text), "%u\n", machine->privlevel_floor);
		break;
	default:
		return -EACCES;
	}
	return give(text, strlen(text), out, size, offset);
}

static int write_register(const char *data, size_t size, off_t offset)
{
	struct digest d;

	if (size != sizeof(machine->rtmr) || offset != 0)
		return -EINVAL;
	if (!machine->rtmr_stuck && digest_start(&d, DIGEST_SHA384)) {
		digest_add(&d, machine->rtmr, sizeof(machine->rtmr));
		digest_add(&d, data, size);
		digest_end(&d, machine->rtmr);
	}
	return (int)size;
}

/* A bad privlevel is not counted, a bad service_guid is. */
static int write_text(struct entry *e, enum attribute a, const char *text)
{
	char *end;
	unsigned long level;

	switch (a) {
	case PRIVLEVEL:
		level = strtoul(text, &end, 0);
		if (*end || level < machine->privlevel_floor || level >= PRIVLEVELS)
			return -EINVAL;
		e->privlevel = (unsigned)level;
		break;
	case SERVICE_PROVIDER:
		if (strcmp(text, "svsm") != 0)
			return -EINVAL;
		e->svsm = true;
		break;
	case SERVICE_GUID:
		e->vtpm = strcmp(text, TSM_SVSM_VTPM) == 0;
		if (!e->vtpm) {
			e->written++;
			return -EINVAL;
		}
		break;
	default:
		return -EINVAL;
	}
	e->written++;
	return 0;
}

static int fs_write(
	const char *path, const char *data, size_t size, off_t offset, struct fuse_file_info *info)
{
	struct handle *h = (struct handle *)(uintptr_t)info->fh;
	struct entry *e;
	enum attribute a = attribute_of(path, &e);
	char text[64];
	int failure;

	if (strcmp(path, REGISTER) == 0)
		return write_register(data, size, offset);
	if (a == ATTRIBUTES)
		return -ENOENT;
	if (a != INBLOB) {
		(void)snprintf(text, sizeof(text), "%.*s", (int)size, data);
		text[strcspn(text, "\n")] = '\0';
		failure = write_text(e, a, text);
		return failure ? failure : (int)size;
	}
	if (size > INPUT_MAX - h->len)
		return -EFBIG;
	memcpy(h->data + h->len, data, size);
	h->len += size;
	h->touched = true;
	return (int)size;
}

/* close(2): what configfs makes of it, nobody hears. */
static int fs_flush(const char *path, struct fuse_file_info *info)
{
	struct handle *h = (struct handle *)(uintptr_t)info->fh;
	struct entry *e;

	if (!h || !h->touched || attribute_of(path, &e) != INBLOB)
		return 0;
	h->touched = false;
	if (machine->stores_lost) {
		machine->stores_lost--;
		return 0;
	}
	memcpy(e->input, h->data, sizeof(e->input));
	e->input_len = h->len;
	e->written++;
	return 0;
}

static int fs_release(const char *path, struct fuse_file_info *info)
{
	(void)path;
	free((void *)(uintptr_t)info->fh);
	return 0;
}

static const struct fuse_operations operations = {
	.getattr = fs_getattr,
	.mkdir = fs_mkdir,
	.rmdir = fs_rmdir,
	.open = fs_open,
	.read = fs_read,
	.write = fs_write,
	.flush = fs_flush,
	.release = fs_release,
};

/* The child: tells by a byte that it is mounted, and serves until it is unmounted. */
static void serve(int ready)
{
	char program[] = "tsm_fs", option[] = "-o", value[] = "attr_timeout=0,entry_timeout=0";
	char *words[] = {program, option, value, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(3, words);
	struct fuse *fuse = fuse_new(&args, &operations, sizeof(operations), NULL);

	if (!fuse || fuse_mount(fuse, FOLDER))
		_exit(1);
	if (write(ready, "", 1) != 1)
		_exit(1);
	_exit(fuse_loop(fuse) ? 1 : 0);
}

/* Nothing in /sys but the folders that are mounted on. */
static bool own_sys(void)
{
	static const char *const folders[] = {"/sys/kernel", "/sys/kernel/config",
		"/sys/kernel/config/tsm", FOLDER, "/sys/devices", "/sys/devices/virtual",
		"/sys/devices/virtual/misc", "/sys/devices/virtual/misc/tdx_guest"};

	if (unshare(CLONE_NEWNS) || mount("tmpfs", "/sys", "tmpfs", 0, NULL))
		return false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (mkdir(folders[i], 0755))
			return false;
	return !symlink(FOLDER, MEASURES);
}

struct tsm_machine *tsm_fs_start(void)
{
	int ready[2];
	char byte;

	machine = mmap(
		NULL, sizeof(*machine), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (machine == MAP_FAILED || !own_sys() || pipe(ready)) {
		perror("a /sys of its own: it takes root (CAP_SYS_ADMIN)");
		return NULL;
	}
	child = fork();
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ready[0]);
		serve(ready[1]);
	}
	close(ready[1]);
	if (child < 0 || read(ready[0], &byte, 1) != 1) {
		fputs("no FUSE file system: it takes root and /dev/fuse\n", stderr);
		machine = NULL;
	}
	close(ready[0]);
	return machine;
}

void tsm_fs_stop(void)
{
	(void)umount2(FOLDER, MNT_DETACH);
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	(void)umount2("/sys", MNT_DETACH);
	child = -1;
}
