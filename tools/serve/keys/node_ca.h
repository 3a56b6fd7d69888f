/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node CA: certifies the attestation keys of nodes that committed, so that others can trust a
 * node's quotes by one certificate authority. A certificate (RFC 5280) is short-lived and says by
 * whom a node was taken for what:
 *
 *   subject            O=tenant, OU=role:..., OU=set:..., OU=epoch:..., CN=the first 20 digits
 *   subjectAltName     URI protostar:node:<the node's id, 68 hex digits>
 *   extendedKeyUsage   2.23.133.8.3 (attestation key), critical
 *
 * The role's OU is missing where the node has none. The key is a P-256 key in the state folder, the
 * CA's own certificate beside it, in PEM, for whoever is to trust it.
 */
#ifndef TOOLS_SERVE_KEYS_NODE_CA_H
#define TOOLS_SERVE_KEYS_NODE_CA_H

#include <openssl/evp.h>

#include "early/contract/messages.h"
#include "tools/lib/failure.h"

#define NODE_ID_BYTES 34u

/* How long others can trust a certificate. */
#define NODE_CERTIFICATE_LIFETIME_S INT64_C(86400)

struct node_ca;

/*
 * Reads key (ECPrivateKey, as identity.h describes it) and certificate; `may_create`: or makes both
 * when there is no key. A certificate of another key is refused. The caller calls node_ca_close().
 */
struct failure node_ca_open(const char *key_path, const char *certificate_path, bool may_create,
	int64_t now_s, struct node_ca **out) MUST_CHECK;
void node_ca_close(struct node_ca *ca);

struct node_certificate {
	struct span node_id; /* NODE_ID_BYTES */
	EVP_PKEY *key;	     /* public key of the AK */
	const char *tenant, *role, *set;
	uint32_t epoch;
	int64_t now_s, lifetime_s; /* valid from a minute before now_s; seconds */
};

/* Writes the node's certificate and, behind it, the CA's, both in DER. */
struct failure node_ca_certify(const struct node_ca *ca, const struct node_certificate *what,
	uint8_t out[CERTIFICATE_MAX], size_t *out_len) MUST_CHECK;

/*
 * The same for a node that was certified before and has just proven that it still runs what it ran:
 * `certificates` as node_ca_certify() gave them, by this CA, whether they have ended or not. Names
 * stay as they are.
 */
struct failure node_ca_renew(const struct node_ca *ca, struct span certificates, int64_t now_s,
	int64_t lifetime_s, uint8_t out[CERTIFICATE_MAX], size_t *out_len) MUST_CHECK;

#endif
