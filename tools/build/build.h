/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar build`: kernel, modules, root file system and settings become a UKI, a disk image,
 * predicted measurements, a manifest, a recipe and a bill of materials. Everything is made in a
 * folder beside the output folder, which is renamed when complete: a build that fails leaves what
 * was there before.
 *
 * Order: options -> root image and its hash tree -> command line (needs the root hash) -> initrd
 * -> UKI -> signature -> disk image -> measurements and the other texts. Each step is one file
 * here. The same inputs give the same bits.
 */
#ifndef TOOLS_BUILD_BUILD_H
#define TOOLS_BUILD_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include "tools/build/cmdline.h"
#include "tools/build/platforms.h"
#include "tools/build/sign.h"
#include "tools/lib/bytes.h"
#include "tools/lib/command.h"
#include "tools/lib/disk_container.h"
#include "tools/lib/file.h"

#define BUILD_LIST_MAX 64u

/* ROOT_DEFAULT: erofs from a folder; squashfs from a tar file, whose owners need no root then. */
enum root_format { ROOT_DEFAULT, ROOT_EROFS, ROOT_SQUASHFS, ROOT_EXT4 };

struct recipe;

struct build_options {
	const char *kernel, *modules_dir, *root, *early, *stub, *osrel, *cmdline, *out;
	enum platform platform;	    /* whose drivers the initrd has */
	const char *profile;	    /* the platform that measurements.json is of: never NULL */
	const char *kernel_version; /* NULL: the name of modules_dir */
	struct sign_request sign;
	/* A signed UKI whose signature is taken where there is no key; NULL: none. */
	const uint8_t *carry;
	size_t carry_len;
	char *service, *pin, *operators; /* lists with commas between; owned; may be NULL */
	/* The settings of --service-evidence, --operator and --listen; owned. */
	char *own_evidence, *own_operators, *own_listen;
	char *own_stub, *own_early; /* this program's own, where none was given; owned */
	const char *modules[BUILD_LIST_MAX];
	size_t module_count;
	const char *settings[BUILD_LIST_MAX];
	size_t setting_count;
	enum root_format root_format;
	const char *root_tag;	    /* which image of an archive; NULL: the only one */
	enum disk_container format; /* of the disk image */
	/* Whose names the inputs have in recipe and SBOM; NULL: their files'. */
	const struct recipe *names;
	bool keep_owners;
};

struct build {
	struct build_options options;
	bool say_conditions; /* of measurements.json, which has no place for them, on stderr */
	char *work;	     /* the folder that becomes the output folder */
	struct mapped kernel, stub, early;
	uint16_t machine;	      /* PE_MACHINE_..., of stub and kernel */
	char *kernel_version;	      /* "6.1.0-56-cloud-amd64" */
	char *root_image, *hash_tree; /* paths below work */
	enum root_format root_format; /* of the image at hand */
	bool root_of_image;	      /* its files are those of a container image */
	bool root_packed,
		tar_unpacked; /* whether mkfs.erofs or mksquashfs, and tar, were at work */
	char **module_files;  /* below modules_dir: what the initrd was made from */
	size_t module_file_count;
	uint8_t root_hash[32];
	struct bytes cmdline, initrd, uki;
};

/*
 * Reads the words after "build". Returns -1 to go on, otherwise the exit code (after --help or a
 * complaint). On -1 the caller releases with options_free().
 */
int options_read(int argc, char **argv, struct build_options *out);
void options_free(struct build_options *options);

/* "erofs"; and back: false, and *out untouched, for a name not in the list. */
const char *root_format_name(enum root_format format);
bool root_format_by_name(const char *name, enum root_format *out);

/* inputs.c: maps kernel, stub and PID 1, and refuses what cannot boot. */
bool inputs_open(struct build *b);
/* True when an ELF program is one for the image's machine. */
bool inputs_runs(const struct build *b, const struct mapped *elf);
/* The loader that an ELF program names; NULL when it needs none. The caller frees it. */
char *inputs_loader(const struct mapped *elf);
/* kernel_config.c: refuses a kernel whose configuration, where it is at hand, lacks something. */
bool kernel_config_check(const struct build *b);
/* The same for a root image that root.c is about to pack in this format. */
bool kernel_config_check_root(const struct build *b, enum root_format format);
/* root.c: makes or copies the root image, then its hash tree; fills root_hash. */
bool root_make(struct build *b);
struct root_tree;
/* root_check.c: refuses a root file system that PID 1 could not hand over to, telling all of it. */
bool root_check(const struct build *b, const struct root_tree *tree);
/* initrd.c: PID 1 and modules, packed. */
bool initrd_make(struct build *b);
/* uki.c: stub and sections, and the signature. */
bool uki_make(struct build *b);
/* disk.c: GPT with ESP, root and hash tree, in the container that is asked for. */
bool disk_make(const struct build *b);
/* manifest.c: the text files of the output. */
bool manifest_make(const struct build *b);

/*
 * All steps above, from b->options (and nothing else of *b) into the empty folder b->work, which
 * then holds the outputs. build_free() releases what *b owns, the options too, and removes the
 * work folder if b->work is set.
 */
bool build_make(struct build *b);
void build_free(struct build *b);

/* The command: options.c, and what it runs. */
extern const struct command build_command;
int build_run(int argc, char **argv);

#endif
