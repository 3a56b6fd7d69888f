/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar reproduce`: builds an image again from its recipe and its inputs, and says whether the
 * bits are the same, or where they are not.
 *
 * Order: options -> recipe -> inputs found and their hashes compared -> built again in a folder of
 * its own -> compared. Whoever published image and recipe is not believed: the recipe only names
 * what to look for (tools/build/recipe.h), and the image is read by readers of hostile bytes.
 *
 * With the key the image is signed again. Without it the signature is copied from the image into
 * what was built again, so that all other bits are compared, the disk image's too.
 */
#ifndef TOOLS_REPRODUCE_REPRODUCE_H
#define TOOLS_REPRODUCE_REPRODUCE_H

#include "tools/build/recipe.h"
#include "tools/measure/model/boot.h"
#include "tools/measure/model/image.h"

struct reproduce_request {
	const char *image; /* a UKI, a disk image, or an output folder of protostar build */
	const char *recipe, *inputs; /* the file; a folder to look for inputs in, or NULL */
	const char *paths[RECIPE_ROLE_COUNT]; /* as told by --input; NULL: to be looked for */
	const char *keep;		      /* where the new image stays; NULL: nowhere */
	struct sign_request sign;
	bool json;
};

/* An input that is not what the recipe says. */
struct reproduce_mismatch {
	char *what;			/* "kernel vmlinuz-6.1", "modules kernel/fs/ext4/ext4.ko" */
	uint8_t recorded[32], here[32]; /* SHA-256 */
	bool missing;			/* there is nothing: here is not filled in */
};

enum reproduce_signature {
	SIGNATURE_NONE,	   /* the image has none */
	SIGNATURE_MADE,	   /* made anew with the key */
	SIGNATURE_CARRIED, /* taken from the image */
};

struct reproduction {
	const struct reproduce_request *request;
	struct recipe recipe;
	char *paths[RECIPE_ROLE_COUNT]; /* of the inputs */
	struct reproduce_mismatch *mismatches;
	size_t mismatch_count;
	struct boot holder; /* keeps the image's UKI */
	struct boot_image uki;
	enum reproduce_signature signature;
	struct build build;
	struct recipe_tool tools[RECIPE_TOOLS_MAX]; /* those at hand, with the recipe's versions: */
	const char *recorded[RECIPE_TOOLS_MAX];	    /* only where the two differ */
	size_t tool_count;
};

/* -1 to go on, otherwise the exit code. */
int reproduce_options(int argc, char **argv, struct reproduce_request *out);

/*
 * Finds the inputs that the recipe names and notes as mismatches those that are other files. False,
 * after a complaint about each, when there are some that it cannot find.
 */
bool reproduce_find(struct reproduction *r);

/* Compares what was built with the image and prints the verdict. Returns the exit code. */
int reproduce_compare(struct reproduction *r);
/* Prints which inputs differ: nothing was built. Returns the exit code. */
int reproduce_refuse(const struct reproduction *r);

/* The command: options.c, and what it runs. */
extern const struct command reproduce_command;
int reproduce_run(int argc, char **argv);

#endif
