/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/image_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "crypto/digest.h"
#include "early/contract/errors.h"
#include "tools/lib/file.h"
#include "tools/lib/json_read.h"
#include "tools/lib/pe_read.h"
#include "tools/lib/report.h"
#include "tools/measure/image_open.h"

#define MANIFEST_MAX (1u << 20) /* bytes */
#define SERIAL_PORT  "console=ttyS0"

/* One file that the manifest tells of. */
struct output {
	uint64_t size;
	uint8_t hash[SHA256_LEN];
};

static bool read_output(const struct json_at *outputs, const char *name, struct output *out)
{
	struct json_at file, member;

	return json_member(outputs, name, &file) && json_member(&file, "size", &member) &&
	       json_get_number(&member, INT64_MAX, &out->size) &&
	       json_member(&file, "sha256", &member) &&
	       json_get_hex(&member, out->hash, sizeof(out->hash));
}

/* The manifest names exactly one disk image. */
static bool find_disk(const struct json_at *outputs, struct image_folder *image)
{
	const char *found = NULL;
	struct json_at member;

	for (int i = 0; i < DISK_CONTAINER_COUNT; i++) {
		const char *name = disk_container_file((enum disk_container)i);

		if (!json_has(outputs, name, &member))
			continue;
		if (found)
			return json_fault(outputs, "names two disk images");
		found = name;
		image->form = (enum disk_container)i;
	}
	if (!found)
		return json_fault(outputs, "names no disk image");
	image->disk = must_format("%s/%s", image->path, found);
	return true;
}

static bool read_manifest(
	const char *path, struct image_folder *image, struct output *uki, struct output *disk)
{
	struct json_object *root = json_read_file(path, MANIFEST_MAX);
	struct json_at top = {.value = root, .name = path}, outputs;
	bool fine = root && json_member(&top, "outputs", &outputs) && find_disk(&outputs, image) &&
		    read_output(&outputs, "uki.efi", uki) &&
		    read_output(&outputs, disk_container_file(image->form), disk);

	json_object_put(root);
	return fine;
}

/* Whole, as far as that costs no reading: the disk's contents are the guest's to check. */
static bool check_size(const char *path, const struct output *output)
{
	struct stat st;

	if (stat(path, &st))
		return complain("cannot open %s: %s", path, strerror(errno));
	return (S_ISREG(st.st_mode) && (uint64_t)st.st_size == output->size) ||
	       complain("%s is not the file of %llu bytes that was built: build the image again",
		       path, (unsigned long long)output->size);
}

static bool open_disk(struct image_folder *image, const struct output *uki)
{
	struct mapped file;
	uint8_t hash[SHA256_LEN];
	bool fine;

	if (!file_map(image->disk, &file))
		return false;
	fine = disk_container_of(file.data, file.len) == image->form;
	file_unmap(&file);
	if (!fine)
		return complain("%s is not of the form %s, which its name says", image->disk,
			disk_container_name(image->form));
	if (!image_open(&image->files, image->disk, &image->uki))
		return false;
	sha256(image->uki.data, image->uki.len, hash);
	return memcmp(hash, uki->hash, sizeof(hash)) == 0 ||
	       complain("%s boots another image than the folder's uki.efi: build it again",
		       image->disk);
}

/* Whether the line has this word. */
static bool has_word(const uint8_t *line, size_t len, const char *word)
{
	size_t want = strlen(word), at = 0;

	while (at < len) {
		size_t end = at;

		while (end < len && line[end] != ' ')
			end++;
		/* "console=ttyS0,115200" says more of the same port. */
		if (end - at >= want && memcmp(line + at, word, want) == 0 &&
			(end - at == want || line[at + want] == ','))
			return true;
		at = end + 1;
	}
	return false;
}

static bool read_cmdline(struct image_folder *image)
{
	const struct boot_image *uki = &image->uki;
	struct pe_contents line = {0};
	char bad[CONFIG_TEXT_MAX] = "";
	struct status status;
	struct pe_file pe;
	struct flaw flaw;

	if (!pe_read(uki->data, uki->len, &pe, &flaw))
		return flaw_complain(uki->source, &flaw);
	if (!pe_lookup(&pe, ".cmdline", PE_FIRST_EXACT, 0, pe.section_count, &line))
		return complain("%s has no command line: it is no UKI", uki->source);
	status = config_parse((const char *)line.data, line.len, &image->config, bad);
	if (status.code)
		return complain("%s: E%u %s%s%s", uki->source, status.code, error_text(status.code),
			*bad ? ": " : "", bad);
	image->console = has_word(line.data, line.len, SERIAL_PORT);
	image->is_signed = pe.certificates_len > 0;
	return true;
}

/* Absolute, so that the machine's programs find the files from any folder. */
static bool resolve(const char *path, struct image_folder *image)
{
	struct stat st;

	image->path = realpath(path, NULL);
	if (!image->path)
		return complain("cannot open %s: %s", path, strerror(errno));
	return (stat(image->path, &st) == 0 && S_ISDIR(st.st_mode)) ||
	       complain("%s is no folder: run takes what protostar build --out wrote", path);
}

bool image_folder_open(const char *path, struct image_folder *out)
{
	struct image_folder image = {0};
	struct output uki, disk;
	char *manifest = NULL;
	bool fine;

	boot_init(&image.files);
	fine = resolve(path, &image);
	if (fine) {
		manifest = must_format("%s/manifest.json", image.path);
		fine = access(manifest, F_OK) == 0 ||
		       complain("%s has no manifest.json: run takes what protostar build --out "
				"wrote",
			       path);
	}
	fine = fine && read_manifest(manifest, &image, &uki, &disk) &&
	       check_size(image.disk, &disk) && open_disk(&image, &uki) && read_cmdline(&image);
	free(manifest);
	*out = image;
	if (!fine)
		image_folder_close(out);
	return fine;
}

void image_folder_close(struct image_folder *image)
{
	boot_free(&image->files);
	free(image->path);
	free(image->disk);
	*image = (struct image_folder){0};
}

bool image_folder_unpack(const struct image_folder *image, const char *path)
{
	int fd;
	bool fine;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return complain("cannot write %s: %s", path, strerror(errno));
	fine = !ftruncate(fd, (off_t)image->uki.disk_len) &&
	       file_put_sparse(fd, image->uki.disk, image->uki.disk_len, 0);
	if (close(fd) || !fine)
		return complain("cannot write %s: is the disk full?", path);
	return true;
}
