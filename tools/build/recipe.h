/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recipe: what an image was built from, exactly enough to build it again. `protostar build`
 * writes recipe.json; `protostar reproduce` reads one, finds the inputs by name or by what it is
 * told, and compares. The file holds names, sizes, hashes and options; no path, time or machine.
 *
 * A recipe comes from whoever publishes an image, so reading one trusts nothing: size and depth are
 * limited, every member is known and has its type, names are plain names and paths of modules stay
 * below their folder. Nothing in it is ever run: tools stand there with their versions only, to be
 * compared with those at hand.
 */
#ifndef TOOLS_BUILD_RECIPE_H
#define TOOLS_BUILD_RECIPE_H

#include "tools/build/build.h"

#define RECIPE_FILE_MAX	   (1u << 20) /* bytes */
#define RECIPE_NAME_MAX	   255u	      /* characters of a file's name */
#define RECIPE_TEXT_MAX	   4096u      /* characters of an option */
#define RECIPE_MODULES_MAX 1024u
#define RECIPE_TOOLS_MAX   16u
#define RECIPE_OUTPUTS_MAX 16u

enum recipe_role {
	RECIPE_KERNEL,
	RECIPE_MODULES, /* a folder, of which single files are named */
	RECIPE_ROOT,	/* a file, or a folder hashed by tree_hash() */
	RECIPE_EARLY,
	RECIPE_STUB,
	RECIPE_OSREL,	    /* optional */
	RECIPE_CERTIFICATE, /* optional: the image is signed */
	RECIPE_ROLE_COUNT
};

/* "kernel"; what --input and the recipe call it. */
const char *recipe_role_name(enum recipe_role role);
/* False, and *out untouched, for a name not in the list. */
bool recipe_role_by_name(const char *name, size_t len, enum recipe_role *out);

/* A file by what identifies it. In a list of modules the name is a path below their folder. */
struct recipe_file {
	char *name;
	uint64_t size; /* bytes */
	uint8_t sha256[32];
};

struct recipe_input {
	bool present, folder;
	struct recipe_file file; /* of a folder: the hash and the sum of tree_hash() */
	uint64_t entries;	 /* of a folder: how many tree_hash() counted */
};

struct recipe_tool {
	char *name, *version; /* "mkfs.erofs", the first line of what it says of itself */
};

/* Owns all text; release with recipe_free(). A zeroed struct is an empty recipe. */
struct recipe {
	char *protostar; /* version of the builder */
	char *kernel_version;
	char *service, *pin, *cmdline; /* pin and cmdline: NULL when none was given */
	enum platform platform;	       /* whose drivers the initrd has */
	char *root_tag;		       /* which container image; NULL: the only one */
	char *profile;		       /* the platform that measurements.json is of */
	char *modules[BUILD_LIST_MAX], *settings[BUILD_LIST_MAX];
	size_t module_count, setting_count;
	enum root_format root_format; /* of the image that was made; never ROOT_DEFAULT */
	enum disk_container format;   /* of the disk image */
	bool keep_owners;
	struct recipe_input inputs[RECIPE_ROLE_COUNT]; /* RECIPE_MODULES: name only */
	struct recipe_file *module_files;	       /* those that the build read, sorted */
	size_t module_file_count;
	struct recipe_tool tools[RECIPE_TOOLS_MAX];
	size_t tool_count;
	struct recipe_file outputs[RECIPE_OUTPUTS_MAX];
	size_t output_count;
};

void recipe_free(struct recipe *recipe);

/*
 * Describes a build whose outputs lie in its work folder, recipe.json excepted. Reads and hashes
 * the inputs where the options name them, and asks the helper programs for their versions.
 */
bool recipe_collect(const struct build *b, struct recipe *out);

/*
 * Hashes what lies at path as the input that role is; name is left NULL. RECIPE_MODULES has no hash
 * of its own and is refused here.
 */
bool recipe_hash_input(
	enum recipe_role role, const char *path, bool keep_owners, struct recipe_input *out);

/* Appends the versions of the programs and libraries that decide bits of such a build. */
void recipe_collect_tools(const struct build *b, struct recipe *out);

/* Appends the text of recipe.json. */
void recipe_write(const struct recipe *recipe, struct bytes *out);

/*
 * Reads recipe.json. Complains, naming file and member, and returns false with *out untouched when
 * anything in it is not as recipe_write() would have written it.
 */
bool recipe_read(const char *file, const uint8_t *text, size_t len, struct recipe *out);

#endif
