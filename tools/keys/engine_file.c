/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KEKs in a file of mode 0600 (kek_text.h), read into locked memory. It is read again when a
 * version is asked for that is not known, or what there is, and it has changed since: so a new
 * version needs no restart. Keys that are known stay what they are, also when they are gone from
 * the file: a file that has others for them is no newer state of this one, and is left alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "tools/keys/engine.h"
#include "tools/keys/kek_text.h"
#include "tools/lib/passphrase_box.h"
#include "tools/lib/private_file.h"
#include "tools/lib/report.h"

#define FILE_MAX (KEK_TEXT_MAX + PASSPHRASE_BOX_OVERHEAD)

struct kek_file {
	struct kek_engine engine;
	struct kek_set set;
	struct stat seen; /* the file as it was read last, or tried to be */
	char path[PATH_MAX];
	char passphrase_file[PATH_MAX]; /* empty: the file is not encrypted */
};

static struct kek_file *of(struct kek_engine *e)
{
	return (struct kek_file *)e;
}

/* What is in an encrypted file. One that is not is refused: somebody else may have put it there. */
static struct failure decrypt(
	const struct kek_file *f, const struct secret *file, struct secret *out)
{
	SECRET_AUTO passphrase = {0};
	struct failure failure;

	if (!passphrase_box_is((struct span){file->bytes, file->len}))
		return refuse("%s is not encrypted, but there is a passphrase for it: protostar "
			      "keys --encrypt makes an encrypted copy",
			f->path);
	TRY_FAILURE(passphrase_read(f->passphrase_file, &passphrase));
	failure = passphrase_box_open(&passphrase, (struct span){file->bytes, file->len}, out);
	return failure.happened ? refuse("%s: %.300s", f->path, failure.text) : failure;
}

/* What is in the file, as text in a new secret. */
static struct failure read_text(const struct kek_file *f, struct secret *out, bool *out_absent)
{
	SECRET_AUTO file = {0};

	TRY_FAILURE(private_file_read(f->path, FILE_MAX, &file, out_absent));
	if (f->passphrase_file[0])
		return decrypt(f, &file, out);
	if (passphrase_box_is((struct span){file.bytes, file.len}))
		return refuse("%s is encrypted: give --passphrase-file", f->path);
	*out = file;
	file = (struct secret){0};
	return failure_none();
}

static struct failure parse(
	const struct kek_file *f, const struct secret *text, struct kek_set *out)
{
	if (failed(kek_set_new(out)))
		return refuse("no locked memory left for the keys");
	if (kek_text_read((struct span){text->bytes, text->len}, out))
		return failure_none();
	kek_set_free(out);
	return refuse("%s is not a KEK file: restore it from its backup", f->path);
}

static struct failure read_set(const struct kek_file *f, struct kek_set *out, bool *out_absent)
{
	SECRET_AUTO text = {0};

	TRY_FAILURE(read_text(f, &text, out_absent));
	return parse(f, &text, out);
}

static bool changed(const struct stat *a, const struct stat *b)
{
	return a->st_ino != b->st_ino || a->st_dev != b->st_dev || a->st_size != b->st_size ||
	       a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

/* No version of `now` has another key in `later`. One that was retired may be gone from there. */
static bool goes_on(const struct kek_set *now, const struct kek_set *later)
{
	for (size_t i = 0; i < now->count; i++) {
		const uint8_t *key = kek_set_find(later, now->versions[i]);

		if (key && !equal_ct(key, now->keys.bytes + KEK_LEN * i, KEK_LEN))
			return false;
	}
	return true;
}

static void copy_key(const struct kek_set *from, size_t at, struct kek_set *out)
{
	memcpy(out->keys.bytes + KEK_LEN * out->count, from->keys.bytes + KEK_LEN * at, KEK_LEN);
	out->versions[out->count++] = from->versions[at];
}

/* The keys of both, in order, into an empty set. False when they are too many. */
static bool unite(const struct kek_set *a, const struct kek_set *b, struct kek_set *out)
{
	size_t i = 0, j = 0;

	while (i < a->count || j < b->count) {
		bool first = j == b->count || (i < a->count && a->versions[i] <= b->versions[j]);

		if (out->count == KEK_VERSIONS_MAX)
			return false;
		copy_key(first ? a : b, first ? i++ : j++, out);
		if (first && j < b->count && b->versions[j] == a->versions[i - 1])
			j++;
	}
	return true;
}

/* What the file has now, and what this process had of it: that goes with the process alone. */
static struct failure take(struct kek_file *f, const struct kek_set *later)
{
	struct kek_set both;

	if (!goes_on(&f->set, later))
		return refuse("%s has other keys now than it had: they are not taken", f->path);
	if (failed(kek_set_new(&both)))
		return refuse("no locked memory left for the keys");
	if (!unite(&f->set, later, &both)) {
		kek_set_free(&both);
		return refuse("%s had more keys by now than %u: start the service anew", f->path,
			KEK_VERSIONS_MAX);
	}
	kek_set_free(&f->set);
	f->set = both;
	return failure_none();
}

/* Takes what the file has now. What cannot be read or does not go on changes nothing. */
static void refresh(struct kek_file *f)
{
	struct kek_set later;
	struct failure failure;
	struct stat st;

	if (stat(f->path, &st) || !changed(&st, &f->seen))
		return;
	f->seen = st;
	failure = read_set(f, &later, NULL);
	if (!failure.happened) {
		failure = take(f, &later);
		kek_set_free(&later);
	}
	if (failure.happened)
		complain("%s", failure.text);
}

static enum kek_answer file_hmac(
	struct kek_engine *e, uint32_t version, struct span data, uint8_t out[KEK_MAC_LEN])
{
	struct kek_file *f = of(e);
	const uint8_t *key = kek_set_find(&f->set, version);
	struct hmac256 h;

	if (!key) {
		refresh(f);
		key = kek_set_find(&f->set, version);
	}
	if (!key)
		return KEK_NO_VERSION;
	hmac256_start(&h, key, KEK_LEN);
	hmac256_add(&h, data.data, data.len);
	hmac256_end(&h, out);
	return KEK_DONE;
}

static enum kek_answer file_versions(
	struct kek_engine *e, uint32_t out[KEK_VERSIONS_MAX], size_t *out_count)
{
	struct kek_file *f = of(e);

	refresh(f);
	memcpy(out, f->set.versions, f->set.count * sizeof(out[0]));
	*out_count = f->set.count;
	return KEK_DONE;
}

/* A fresh key behind the others. */
static struct failure append(struct kek_set *set, uint32_t version)
{
	if (!version || (set->count && version <= set->versions[set->count - 1]))
		return refuse(
			"version %u of the key-encryption keys is not above the others", version);
	if (set->count == KEK_VERSIONS_MAX)
		return refuse("there are %u versions of the key-encryption keys already: more do "
			      "not fit",
			KEK_VERSIONS_MAX);
	if (failed(random_bytes(set->keys.bytes + KEK_LEN * set->count, KEK_LEN)))
		return refuse("no random bytes for a new key");
	set->versions[set->count++] = version;
	return failure_none();
}

/* The text, encrypted when the file is to be, in a new secret. */
static struct failure make_file(
	const struct kek_file *f, const struct kek_set *set, struct secret *out)
{
	SECRET_AUTO text = {0};
	SECRET_AUTO passphrase = {0};
	SECRET_AUTO box = {0};
	size_t len;

	if (failed(kek_text_write(set, &text)) ||
		failed(secret_new(text.len + PASSPHRASE_BOX_OVERHEAD, &box)))
		return refuse("no locked memory left for the keys");
	if (!f->passphrase_file[0]) {
		*out = text;
		text = (struct secret){0};
		return failure_none();
	}
	TRY_FAILURE(passphrase_read(f->passphrase_file, &passphrase));
	TRY_FAILURE(passphrase_box_seal(
		&passphrase, (struct span){text.bytes, text.len}, box.bytes, box.len, &len));
	*out = box;
	box = (struct secret){0};
	return failure_none();
}

static struct failure write_set(const struct kek_file *f, const struct kek_set *set, bool create)
{
	SECRET_AUTO file = {0};

	TRY_FAILURE(make_file(f, set, &file));
	return create ? private_file_create(f->path, file.bytes, file.len)
		      : private_file_replace(f->path, file.bytes, file.len);
}

/* Of two processes that add a key to the same file, the second would put the first one's away. */
static struct failure lock_folder(const struct kek_file *f, int *out_fd)
{
	char copy[PATH_MAX];
	int fd;

	memcpy(copy, f->path, sizeof(copy));
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return refuse("%s: its folder: %s", f->path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return refuse("%s: another process adds a key to it: try again", f->path);
	}
	*out_fd = fd;
	return failure_none();
}

/* While the folder is locked. */
static struct failure add_key(struct kek_file *f, uint32_t version)
{
	struct kek_set later;
	struct failure failure;

	TRY_FAILURE(read_set(f, &later, NULL));
	failure = goes_on(&f->set, &later)
			  ? append(&later, version)
			  : refuse("%s has other keys now than it had: nothing is added", f->path);
	if (!failure.happened)
		failure = write_set(f, &later, false);
	if (failure.happened) {
		kek_set_free(&later);
		return failure;
	}
	kek_set_free(&f->set);
	f->set = later;
	return failure;
}

/* The file is replaced by one that has all its keys and the new one, or stays as it is. */
static struct failure file_add(struct kek_engine *e, uint32_t version)
{
	struct failure failure;
	int lock = -1;

	TRY_FAILURE(lock_folder(of(e), &lock));
	failure = add_key(of(e), version);
	close(lock);
	return failure;
}

static void file_close(struct kek_engine *e)
{
	struct kek_file *f = of(e);

	kek_set_free(&f->set);
	free(f);
}

static struct failure create_file(const struct kek_file *f)
{
	struct kek_set first;
	struct failure failure;

	if (failed(kek_set_new(&first)))
		return refuse("no locked memory left for the keys");
	failure = append(&first, 1);
	if (!failure.happened)
		failure = write_set(f, &first, true);
	kek_set_free(&first);
	return failure;
}

/* The file is looked at before it is read: a change meanwhile is read again. */
static struct failure open_file(struct kek_file *f, bool create)
{
	struct failure failure;
	bool absent = false;

	if (stat(f->path, &f->seen))
		f->seen = (struct stat){0};
	failure = read_set(f, &f->set, &absent);
	if (!absent || !create)
		return failure;
	TRY_FAILURE(create_file(f));
	return read_set(f, &f->set, NULL);
}

static const struct kek_engine_ops file_ops = {file_hmac, file_versions, file_add, file_close};

static struct failure name_file(const char *path, const char *passphrase_file, struct kek_file *out)
{
	if ((size_t)snprintf(out->path, PATH_MAX, "%s", path) >= PATH_MAX)
		return refuse("%s: the path is too long", path);
	if ((size_t)snprintf(out->passphrase_file, PATH_MAX, "%s",
		    passphrase_file ? passphrase_file : "") >= PATH_MAX)
		return refuse("%s: the path is too long", passphrase_file);
	return failure_none();
}

struct failure kek_file_open(
	const char *path, const char *passphrase_file, bool create, struct kek_engine **out)
{
	struct kek_file *f = calloc(1, sizeof(*f));
	struct failure failure;

	if (!f)
		return refuse("out of memory");
	f->engine.ops = &file_ops;
	failure = name_file(path, passphrase_file, f);
	if (!failure.happened)
		failure = open_file(f, create);
	if (failure.happened) {
		file_close(&f->engine);
		return failure;
	}
	*out = &f->engine;
	return failure;
}

struct failure kek_file_copy(
	const char *from, const char *passphrase_from, const char *to, const char *passphrase_to)
{
	static struct kek_file source, target;
	struct failure failure;

	TRY_FAILURE(name_file(from, passphrase_from, &source));
	TRY_FAILURE(name_file(to, passphrase_to, &target));
	TRY_FAILURE(read_set(&source, &source.set, NULL));
	failure = write_set(&target, &source.set, true);
	kek_set_free(&source.set);
	return failure;
}
