/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The channel binder: early/contract/PROTOCOL.md, section 2. */
#include "tools/serve/tls/session_private.h"

static bool export_key(SSL *ssl, uint8_t out[32])
{
	static const char label[] = "EXPORTER-protostar-attest-v1";
	static const unsigned char context[] = PROFILE_PROTOCOL;

	return SSL_export_keying_material(ssl, out, 32, label, sizeof(label) - 1, context,
		       sizeof(context) - 1, 1) == 1;
}

bool session_make_binder(struct server_session *s)
{
	static const char info[] = "protostar binder v1";
	uint8_t transcript[SHA256_LEN], exported[32];
	bool good = EVP_DigestFinal_ex(s->transcript, transcript, NULL) == 1 &&
		    export_key(s->ssl, exported);

	EVP_MD_CTX_free(s->transcript);
	s->transcript = NULL;
	if (good)
		hkdf256(transcript, sizeof(transcript), exported, sizeof(exported), info,
			sizeof(info) - 1, s->binder, sizeof(s->binder));
	wipe(exported, sizeof(exported));
	return good;
}
