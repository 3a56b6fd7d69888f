/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join service's way to whoever holds the KEKs. It asks for grants that are sealed already, and
 * never sees a KEK or the key of a disk. Who answers is behind the operations: the key service
 * (tools/keys), or an operator's bundle.
 */
#ifndef TOOLS_SERVE_KEYS_KEY_SERVICE_H
#define TOOLS_SERVE_KEYS_KEY_SERVICE_H

#include "tools/keys/request.h"

struct key_service;

struct key_service_ops {
	/* The versions that there are, and how to tell them; waits for it, seconds at most. */
	struct failure (*status)(struct key_service *k, struct key_status *out);
	/* out has cap bytes; *out_len is written when it is sealed. KEY_AWAY comes soon, too. */
	enum key_answer (*seal)(struct key_service *k, const struct key_request *r, uint8_t *out,
		size_t cap, size_t *out_len);
	void (*close)(struct key_service *k);
};

struct key_service {
	const struct key_service_ops *ops;
};

struct failure key_service_status(struct key_service *k, struct key_status *out) MUST_CHECK;
enum key_answer key_service_seal(struct key_service *k, const struct key_request *r, uint8_t *out,
	size_t cap, size_t *out_len) MUST_CHECK;
/* NULL is fine. */
void key_service_close(struct key_service *k);

#endif
