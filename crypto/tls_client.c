/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/errors.h"
#include "crypto/tls_private.h"

#include <string.h>

struct status tls_client_start(struct tls_session *s, const struct tls_identity *own,
	const uint8_t pins[][32], size_t pin_count)
{
	br_ssl_client_context *client = &s->tls.client;

	if (!pin_count != !pins || pin_count > TLS_PINS_MAX)
		return fail(E_TLS_PIN_COUNT);
	memset(s, 0, sizeof(*s));
	br_ssl_client_zero(client);
	TRY(tls_profile(s, own));
	if (pins)
		memcpy(s->peer.pins, pins, pin_count * sizeof(s->peer.pins[0]));
	s->peer.pin_count = pin_count;
	br_ssl_client_set_single_ec(client, &own->chain, 1, &own->priv, BR_KEYTYPE_SIGN,
		BR_KEYTYPE_EC, &br_ec_p256_m31, br_ecdsa_i31_sign_asn1);
	/* No server name: the service is known by its key. No session to resume. */
	if (!br_ssl_client_reset(client, NULL, 0))
		return fail(E_TLS_CLIENT_START);
	return OK;
}
