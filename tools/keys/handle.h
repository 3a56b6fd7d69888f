/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame of somebody who may ask, answered or not understood: what stands between the socket and
 * the keys.
 */
#ifndef TOOLS_KEYS_HANDLE_H
#define TOOLS_KEYS_HANDLE_H

#include "tools/keys/message.h"

#define KEYS_TENANTS_MAX 16u

/* Whose disks keys are sealed for; none named: everybody's. */
struct keys_tenants {
	const char *names[KEYS_TENANTS_MAX];
	size_t count;
};

/*
 * Writes the frame that answers this one into reply, of KEYS_REPLY_MAX bytes. False: it is no
 * request, and who sent it gets no answer.
 */
bool keys_handle(struct kek_engine *e, const struct keys_tenants *tenants,
	const struct keys_frame *frame, struct wire_writer *reply) MUST_CHECK;

#endif
