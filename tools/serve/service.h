/*
 * What all connections share. One thread owns it.
 */
#ifndef TOOLS_SERVE_SERVICE_H
#define TOOLS_SERVE_SERVICE_H

#include "crypto/tls.h"
#include "tools/serve/audit.h"
#include "tools/serve/denial_budget.h"
#include "tools/serve/key_service.h"
#include "tools/serve/log.h"
#include "tools/policy/policy.h"
#include "tools/serve/refusal.h"
#include "tools/serve/store.h"

struct service {
	struct key_pair identity;
	struct tls_identity tls; /* of that key */
	struct key_service *keys;
	struct store *store;
	struct audit *audit;
	struct policy *policy;
	uint64_t policy_serial;	      /* counts reloads: a connection notices that policy changed */
	struct denial_budget denials; /* that may still be recorded */
	struct refusals refusals;     /* as far as they are in the log */
	uint64_t void_due; /* line of the audit record that is still to be taken back; 0: none */
	struct log log;
};

#endif
