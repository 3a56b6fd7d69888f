/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/net/tls_refusal.h"

#include <stdio.h>

#include "crypto/errors.h"
#include "early/contract/errors.h"

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

static enum refusal nothing_common(int detail, bool tls13_only)
{
	if (detail == BR_ERR_SEND_FATAL_ALERT + BR_ALERT_PROTOCOL_VERSION)
		return REFUSAL_TLS_TOO_OLD;
	return tls13_only ? REFUSAL_TLS13_ONLY : REFUSAL_NOTHING_COMMON;
}

enum refusal tls_refusal(const struct tls_session *tls, bool tls13_only)
{
	int detail = tls_error_detail(tls);

	switch (tls_error(tls).code) {
	case E_TLS_NO_COMMON:
		return nothing_common(detail, tls13_only);
	case E_TLS_CLIENT_HASH:
		return REFUSAL_NOTHING_COMMON;
	case E_TLS_CLIENT_ALPN:
		return REFUSAL_NO_ALPN;
	case E_TLS_ALPN:
		return REFUSAL_OTHER_ALPN;
	case E_TLS_NO_CERT:
		return REFUSAL_NO_CERTIFICATE;
	case E_TLS_CERT_COUNT:
	case E_TLS_CERT_SIZE:
	case E_TLS_CERT_OVERRUN:
	case E_TLS_CERT_FORM:
		return REFUSAL_BAD_CERTIFICATE;
	case E_TLS_ALERT:
		return REFUSAL_BY_PEER;
	default:
		return detail == BR_ERR_UNSUPPORTED_VERSION ? REFUSAL_NOT_TLS : REFUSAL_BROKEN_TLS;
	}
}

/* RFC 5246, 7.2.2; what a node says whose pin is another service's key stands out. */
static const char *hint(int alert)
{
	return alert >= 42 && alert <= 48 ? ": it does not know this service's key: see its pin"
					  : "";
}

void tls_refusal_text(const struct tls_session *tls, char out[TLS_REFUSAL_TEXT_MAX])
{
	uint16_t code = tls_error(tls).code;
	int alert = tls_error_detail(tls) - BR_ERR_RECV_FATAL_ALERT;

	if (code == E_TLS_ALERT)
		snprintf(out, TLS_REFUSAL_TEXT_MAX, "TLS alert %d%s", alert, hint(alert));
	else
		snprintf(out, TLS_REFUSAL_TEXT_MAX, "E%u: %s", code, error_text(code));
}
