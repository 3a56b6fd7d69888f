/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine is compared with: an image, whose boot is predicted, or a file with measurements:
 * Constellation's shape, our own whole one, or a policy of the join service with one or more sets.
 */
#ifndef TOOLS_MEASURE_CHECK_TARGET_H
#define TOOLS_MEASURE_CHECK_TARGET_H

#include "tools/measure/check/check.h"
#include "tools/measure/request.h"
#include "tools/policy/policy.h"

struct check_target {
	struct boot boot;		/* the prediction; no events when the file has values */
	struct register_values values;	/* of a file */
	struct policy *policy;		/* NULL: no policy */
	struct measure_request request; /* of the image */
	bool is_image;
	unsigned next; /* variant to be tried */
};

/* request has the options; its banks are what is predicted. Complains. check_target_free() is due
 * even then. */
bool check_target_open(
	const char *path, const struct measure_request *request, struct check_target *target);
void check_target_free(struct check_target *target);

/* check_vary of an image: other stubs, other states of Secure Boot, other profiles. */
bool check_target_vary(void *target, size_t index, struct check_variant *out);
/* A policy's set as values: those that it enforces. */
void check_target_set(const struct check_target *target, size_t set, struct register_values *out);

#endif
