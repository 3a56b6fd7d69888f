/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/found.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "early/contract/handoff.h"
#include "tools/serve/unpack.h"
#include "tools/bundle/bundle_policy.h"
#include "tools/bundle/bundle_seal.h"
#include "tools/lib/file.h"
#include "tools/lib/passphrase_box.h"
#include "tools/lib/private_file.h"
#include "tools/serve/found_boot.h"
#include "tools/serve/join/state.h"

#define DRAFT ".found"

struct founding {
	const struct found_source *from;
	char state[PATH_MAX], draft[PATH_MAX];
	struct bundle bundle;
	struct found_boot boot;
};

static struct failure fit(const char *text, const char *behind, char out[PATH_MAX])
{
	size_t len = strlen(text);

	while (len > 1 && text[len - 1] == '/')
		len--;
	if ((size_t)snprintf(out, PATH_MAX, "%.*s%s", (int)len, text, behind) >= PATH_MAX)
		return refuse("%s: the path is too long", text);
	return failure_none();
}

/* Whether a service has been here. A folder with other things in it is somebody's. */
static struct failure look(const struct founding *f, bool *out_there)
{
	char store[PATH_MAX];
	struct dirent *entry;
	unsigned count = 0;
	DIR *folder;

	TRY_FAILURE(state_path(f->state, STORE_FILE, store, sizeof(store)));
	*out_there = access(store, F_OK) == 0;
	if (*out_there)
		return failure_none();
	folder = opendir(f->state);
	if (!folder)
		return errno == ENOENT ? failure_none()
				       : refuse("%s: %s", f->state, strerror(errno));
	while ((entry = readdir(folder)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(folder);
	return count ? refuse("%s is not empty, and no service's: give a folder that is not there "
			      "yet",
			       f->state)
		     : failure_none();
}

static struct failure read_material(struct founding *f)
{
	char path[PATH_MAX];
	SECRET_AUTO bytes = {0};
	struct failure read;

	TRY_FAILURE(state_path(f->from->handoff, HANDOFF_MATERIAL, path, sizeof(path)));
	TRY_FAILURE(private_file_read(path, JOIN_MATERIAL_MAX, &bytes, NULL));
	read = bundle_decode_copy((struct span){bytes.bytes, bytes.len}, &f->bundle);
	if (read.happened)
		return refuse("%s: %s", path, read.text);
	if (f->bundle.head.kind != BUNDLE_SERVICE)
		return refuse("%s is no service's: only protostar init makes a first node", path);
	return failure_none();
}

static struct failure open_sealed(struct founding *f)
{
	SECRET_AUTO passphrase = {0};
	const struct bundle_openers openers = {.passphrase = &passphrase};
	struct bytes file = {0};
	struct failure opened;

	TRY_FAILURE(passphrase_read(f->from->passphrase, &passphrase));
	opened = bundle_load(f->from->bundle, &file);
	if (!opened.happened)
		opened = bundle_open((struct span){file.data, file.len}, &openers, &f->bundle);
	bytes_free(&file);
	return opened;
}

static struct failure read_sealed(struct founding *f)
{
	struct failure opened = open_sealed(f);

	if (opened.happened)
		return refuse("%s: %s", f->from->bundle, opened.text);
	if (f->bundle.head.kind != BUNDLE_SERVICE)
		return refuse("%s is for a recovery: protostar node export --service makes one for "
			      "a standby",
			f->from->bundle);
	return failure_none();
}

/* The disk that a first node has just committed. What was granted is in the bundle's records. */
static struct failure activate_own(struct founding *f)
{
	for (size_t i = 0; i < f->bundle.node_count; i++) {
		struct store_disk *d = &f->bundle.nodes[i].disk;

		if (memcmp(d->disk_id, f->boot.disk_id, DISK_ID_LEN) != 0)
			continue;
		if (d->generation >= f->boot.generation)
			return refuse("the join material is of a later boot than %s", HANDOFF_BOOT);
		d->state = DISK_ACTIVE;
		d->may_overwrite = false;
		d->generation = f->boot.generation;
		d->key_version = f->boot.key_version;
		memcpy(d->header_mac, f->boot.header_mac, HEADER_MAC_LEN);
		/* A change of keys that the grant went on with ended in that commit. */
		d->next_version = 0;
		memset(d->next_header_mac, 0, HEADER_MAC_LEN);
		return failure_none();
	}
	return refuse("the join material has no record of this node's disk");
}

static struct failure put(const struct founding *f, const char *name, struct span bytes)
{
	char path[PATH_MAX];

	TRY_FAILURE(state_path(f->draft, name, path, sizeof(path)));
	return private_file_create(path, bytes.data, bytes.len);
}

static struct failure put_keks(const struct founding *f)
{
	static const char scheme[] = "pkcs11:";
	const struct span *kek = &f->bundle.kek;
	const size_t len = sizeof(scheme) - 1;

	if (kek->len < len || memcmp(kek->data, scheme, len) != 0)
		return put(f, STATE_KEK, *kek);
	if (f->from->kek)
		return failure_none();
	return refuse("the key-encryption keys are in a token: give --kek '%.*s'", (int)kek->len,
		(const char *)kek->data);
}

static struct failure put_keys(const struct founding *f)
{
	char path[PATH_MAX];

	TRY_FAILURE(put(f, STATE_IDENTITY, f->bundle.service_key));
	TRY_FAILURE(put(f, STATE_CA_KEY, f->bundle.ca_key));
	TRY_FAILURE(put(f, STATE_CA_CERT, f->bundle.ca_certificate));
	TRY_FAILURE(state_path(f->draft, STATE_CA_CERT, path, sizeof(path)));
	if (chmod(path, 0644)) /* for whoever is to trust it */
		return refuse("%s: %s", path, strerror(errno));
	return put_keks(f);
}

static struct failure fill_store(const struct founding *f, struct store *s)
{
	struct store_change change = {
		.what = "found",
		.time_s = (uint64_t)time(NULL),
		.uid = geteuid(),
	};

	snprintf(change.detail, sizeof(change.detail), "from %s",
		f->from->handoff ? "the join material of protostar init" : "a service bundle");
	TRY_FAILURE(store_begin(s));
	TRY_FAILURE(unpack_records(&f->bundle, s));
	TRY_FAILURE(store_put_change(s, &change));
	return store_commit(s);
}

static struct failure put_store(const struct founding *f)
{
	char path[PATH_MAX];
	struct store *s = NULL;
	struct failure filled;

	TRY_FAILURE(state_path(f->draft, STORE_FILE, path, sizeof(path)));
	TRY_FAILURE(store_open(path, STORE_CREATE, &s));
	filled = fill_store(f, s);
	store_close(s);
	return filled;
}

static struct failure put_policy(const struct founding *f)
{
	char folder[PATH_MAX];

	TRY_FAILURE(state_path(f->draft, "policy", folder, sizeof(folder)));
	if (mkdir(folder, 0700))
		return refuse("%s: %s", folder, strerror(errno));
	return bundle_policy_write(&f->bundle, folder);
}

static struct failure flush(const char *path, int (*how)(int fd))
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct failure f = failure_none();

	if (fd < 0 || how(fd))
		f = refuse("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return f;
}

/* From here on the folder is the service's. */
static struct failure put_in_place(const struct founding *f)
{
	char above[PATH_MAX];
	char *slash;

	TRY_FAILURE(flush(f->draft, syncfs));
	if (rename(f->draft, f->state))
		return refuse("%s: %s; it must not be a mount point: give a folder within one",
			f->state, strerror(errno));
	TRY_FAILURE(fit(f->state, "", above));
	slash = strrchr(above, '/');
	if (!slash)
		return flush(".", fsync);
	slash[slash == above] = '\0';
	return flush(above, fsync);
}

static struct failure make(struct founding *f)
{
	if (f->from->handoff) {
		TRY_FAILURE(read_material(f));
		TRY_FAILURE(found_boot_read(f->from->handoff, &f->boot));
		TRY_FAILURE(activate_own(f));
	} else {
		TRY_FAILURE(read_sealed(f));
	}
	/* What a cut-short try has left was never in use. */
	if (access(f->draft, F_OK) == 0)
		folder_remove(f->draft);
	if (mkdir(f->draft, 0700))
		return refuse("%s: %s", f->draft, strerror(errno));
	TRY_FAILURE(put_keys(f));
	TRY_FAILURE(put_policy(f));
	TRY_FAILURE(put_store(f));
	return put_in_place(f);
}

struct failure found_state(const struct found_source *from, const char *state, bool *out_made)
{
	struct founding f = {.from = from};
	struct failure made;
	bool there;

	TRY_FAILURE(fit(state, "", f.state));
	TRY_FAILURE(fit(state, DRAFT, f.draft));
	TRY_FAILURE(look(&f, &there));
	*out_made = !there;
	if (there)
		return failure_none();
	made = make(&f);
	bundle_free(&f.bundle);
	return made;
}
