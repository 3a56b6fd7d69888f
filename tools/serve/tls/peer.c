/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/tls/peer.h"

#include "crypto/certificate.h"

static size_t u24(const uint8_t *at)
{
	return (size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2];
}

enum tls_fault peer_certificate(const uint8_t *body, size_t len, uint8_t out_pub[P256_PUB_LEN])
{
	size_t first;

	if (len < 3 || u24(body) != len - 3)
		return TLS_BROKEN;
	if (len == 3)
		return TLS_NO_CERTIFICATE;
	if (len < 6)
		return TLS_BROKEN;
	first = u24(body + 3);
	if (first > len - 6)
		return TLS_BROKEN;
	if (first < len - 6)
		return TLS_CERTIFICATE_COUNT;
	if (first > PEER_CERT_MAX)
		return TLS_CERTIFICATE_SIZE;
	return certificate_point(body + 6, first, out_pub) ? TLS_FINE : TLS_CERTIFICATE_FORM;
}
