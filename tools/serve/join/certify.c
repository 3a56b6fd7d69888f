/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/certify.h"

#include <time.h>

#include "tools/evidence/tpm/key.h"

size_t certify_node(struct service *s, const struct admission *a, uint8_t out[CERTIFICATE_MAX])
{
	struct node_certificate what = {
		.node_id = {a->node_id, sizeof(a->node_id)},
		.tenant = s->policy->tenant,
		.role = a->role,
		.set = a->set_name,
		.epoch = a->epoch,
		.now_s = (int64_t)time(NULL),
		.lifetime_s = NODE_CERTIFICATE_LIFETIME_S,
	};
	struct failure f;
	size_t len = 0;

	/* A key that the set did not ask for was not proven. */
	if (!s->node_ca || !a->uses_tpm)
		return 0;
	what.key = tpm_key_open(a->ak.kind, a->ak.key, a->ak.key_len);
	f = what.key ? node_ca_certify(s->node_ca, &what, out, &len)
		     : refuse("the attestation key cannot be used");
	EVP_PKEY_free(what.key);
	if (f.happened)
		log_message(&s->log, "certificate", f.text);
	return len;
}
