/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all connections share. One thread owns it.
 */
#ifndef TOOLS_SERVE_JOIN_SERVICE_H
#define TOOLS_SERVE_JOIN_SERVICE_H

#include <limits.h>

#include "crypto/key.h"
#include "tools/serve/audit/audit.h"
#include "tools/serve/join/denial.h"
#include "tools/serve/join/denial_budget.h"
#include "tools/serve/keys/key_link.h"
#include "tools/serve/keys/key_service.h"
#include "tools/serve/keys/node_ca.h"
#include "tools/serve/log/log.h"
#include "tools/policy/policy.h"
#include "tools/serve/log/metrics.h"
#include "tools/serve/log/refusal.h"
#include "tools/serve/own/own_tpm.h"
#include "tools/serve/store/store.h"
#include "tools/serve/tls/tls_server.h"

struct exchange;

/*
 * What an operator's exchange does beside a service's. A member may be NULL. Each is called within
 * the grant's transaction, before the GRANT may leave; what it denies is not granted.
 */
struct exchange_hooks {
	void *context;
	/* Makes the join material that takes the place of policy's. The exchange frees it. */
	struct denial (*material)(void *context, const struct exchange *x, struct secret *out);
	/* Puts on record that the grant is used, where that is counted: on disk when it returns. */
	struct denial (*use)(void *context, const struct exchange *x);
};

struct service {
	uint8_t purpose; /* enum join_purpose: what it serves on its connections */
	const struct exchange_hooks *hooks; /* NULL: none */
	struct key_pair identity;
	struct tls_server *tls; /* of that key */
	struct own_tpm *own;	/* what makes the service's own evidence; NULL: none */
	struct key_service *keys;
	struct key_place key_place;		    /* where that is */
	char kek[PATH_MAX], tenant[TENANT_MAX + 1]; /* texts of it */
	struct node_ca *node_ca;
	struct store *store;
	struct audit *audit;
	struct policy *policy;
	uint64_t policy_serial;	      /* counts reloads: a connection notices that policy changed */
	struct denial_budget denials; /* that may still be recorded */
	struct denial_budget alarms;  /* the same: denials leave them their room */
	struct refusals refusals;     /* as far as they are in the log */
	struct metrics metrics;
	uint64_t void_due; /* line of the audit record that is still to be taken back; 0: none */
	struct log log;
};

#endif
