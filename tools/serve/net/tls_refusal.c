/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/net/tls_refusal.h"

#include <stdio.h>

/* A record's header, a ClientHello's, version and random; the length of a session's id follows. */
#define SESSION_ID_AT (5u + 4u + 2u + 32u)

/* Suites of TLS 1.3, and values that are no suites: RFC 8701, RFC 5746, RFC 7507. */
static bool is_of_tls13(const uint8_t suite[2])
{
	bool grease = suite[0] == suite[1] && (suite[0] & 0x0f) == 0x0a;
	bool signal = (suite[0] == 0x00 && suite[1] == 0xff) ||
		      (suite[0] == 0x56 && suite[1] == 0x00);

	return suite[0] == 0x13 || grease || signal;
}

bool hello_is_tls13_only(const uint8_t *bytes, size_t len)
{
	size_t at = SESSION_ID_AT, suites;

	if (len <= at || bytes[0] != 22 || bytes[5] != 1)
		return false;
	at += 1u + bytes[at];
	if (len < at + 2)
		return false;
	suites = (size_t)bytes[at] << 8 | bytes[at + 1];
	at += 2;
	if (!suites || suites % 2 || suites > len - at)
		return false;
	for (size_t i = 0; i < suites; i += 2)
		if (!is_of_tls13(bytes + at + i))
			return false;
	return true;
}

enum refusal tls_refusal(const struct server_session *tls, bool tls13_only)
{
	switch (session_fault(tls)) {
	case TLS_NOT_TLS:
		return REFUSAL_NOT_TLS;
	case TLS_TOO_OLD:
		return REFUSAL_TLS_TOO_OLD;
	case TLS_NOTHING_COMMON:
	case TLS_NO_HASH:
		return tls13_only ? REFUSAL_TLS13_ONLY : REFUSAL_NOTHING_COMMON;
	case TLS_NO_ALPN:
		return REFUSAL_NO_ALPN;
	case TLS_OTHER_ALPN:
		return REFUSAL_OTHER_ALPN;
	case TLS_NO_CERTIFICATE:
		return REFUSAL_NO_CERTIFICATE;
	case TLS_CERTIFICATE_COUNT:
	case TLS_CERTIFICATE_SIZE:
	case TLS_CERTIFICATE_FORM:
		return REFUSAL_BAD_CERTIFICATE;
	case TLS_PEER_ALERT:
		return REFUSAL_BY_PEER;
	default:
		return REFUSAL_BROKEN_TLS;
	}
}

/* RFC 5246, 7.2.2; what a node says whose pin is another service's key stands out. */
static const char *hint(unsigned alert)
{
	return alert >= 42 && alert <= 48 ? ": it does not know this service's key: see its pin"
					  : "";
}

void tls_refusal_text(const struct server_session *tls, char out[TLS_REFUSAL_TEXT_MAX])
{
	unsigned alert = session_peer_alert(tls);

	if (session_fault(tls) == TLS_PEER_ALERT)
		snprintf(out, TLS_REFUSAL_TEXT_MAX, "TLS alert %u%s", alert, hint(alert));
	else
		snprintf(out, TLS_REFUSAL_TEXT_MAX, "%s", tls_fault_text(session_fault(tls)));
}
