/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A peer's Certificate message (RFC 5246, 7.4.2): one certificate, of which only the P-256 key is
 * looked at (early/contract/PROTOCOL.md, section 1).
 */
#ifndef TOOLS_SERVE_TLS_PEER_H
#define TOOLS_SERVE_TLS_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/key.h"
#include "tools/serve/tls/fault.h"

#define PEER_CERT_MAX	      4096u
#define PEER_CERT_MESSAGE_MAX (3u + 3u + PEER_CERT_MAX) /* two lengths, the certificate */

/*
 * Reads the body of the message. TLS_FINE and the key, or what is wrong with it. Whether the key is
 * a point on the curve is not looked at.
 */
enum tls_fault peer_certificate(const uint8_t *body, size_t len, uint8_t out_pub[P256_PUB_LEN]);

#endif
