/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/keys/key_service.h"

struct failure key_service_status(struct key_service *k, struct key_status *out)
{
	return k->ops->status(k, out);
}

enum key_answer key_service_seal(struct key_service *k, const struct key_request *r, uint8_t *out,
	size_t cap, size_t *out_len)
{
	return k->ops->seal(k, r, out, cap, out_len);
}

void key_service_close(struct key_service *k)
{
	if (k)
		k->ops->close(k);
}
