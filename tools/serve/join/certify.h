/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a node gets with its ACK: a certificate of its attestation key by the node CA. */
#ifndef TOOLS_SERVE_JOIN_CERTIFY_H
#define TOOLS_SERVE_JOIN_CERTIFY_H

#include "tools/serve/join/admission.h"

/*
 * Writes the certificate and the CA's behind it, and gives their length; 0 when there is none to
 * give: the node has no TPM, the service no
 * CA, or the CA failed, which the log says. A commit stands either way.
 */
size_t certify_node(
	struct service *s, const struct admission *a, uint8_t out[CERTIFICATE_MAX]) MUST_CHECK;

#endif
