/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service's own evidence as PID 1 reads it. Input: a byte n and n bytes of AK, a byte m and m
 * bytes of signature, the rest is what was signed. With n or m = 0 it is the one made here, so that
 * the readers behind hash and signature are reached.
 */
#include <stdlib.h>
#include <string.h>

#include "early/join/service_evidence.h"
#include "tests/unit/join/service_quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct key_pair key;
static uint8_t area[128], signature[128];

static void make_key(void)
{
	uint8_t scalar[P256_PRIV_LEN];

	if (key.priv.bytes)
		return;
	memset(scalar, 7, sizeof(scalar));
	if (failed(secret_pool_open(1 << 14)) || failed(key_from_private(scalar, &key)))
		abort();
}

/* The next part of the input. */
static struct span part(struct span *rest)
{
	size_t len = rest->len ? rest->data[0] : 0;
	struct span s = {rest->data + 1, len};

	if (!rest->len || len >= rest->len)
		return (struct span){NULL, 0};
	rest->data += 1 + len;
	rest->len -= 1 + len;
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t rd[RD_LEN] = {1, 2, 3}, value[32];
	static uint8_t encoded[SERVICE_EVIDENCE_MAX];
	struct service_wanted wanted = {.given = true, .pcr_mask = 0x020081};
	struct span rest = {data, size};
	struct service_evidence e = {.pcr_values = {value, sizeof(value)}};
	struct wire_writer w;

	make_key();
	e.ak_pub = part(&rest);
	e.signature = part(&rest);
	e.attest = rest;
	if (!e.ak_pub.len)
		e.ak_pub = (struct span){area, area_of(&key, area, sizeof(area))};
	if (!e.signature.len && e.attest.len)
		e.signature = (struct span){
			signature, signature_of(&key, e.attest, signature, sizeof(signature))};
	sha256(e.ak_pub.data, e.ak_pub.len, wanted.ak);
	wire_write_start(&w, encoded, sizeof(encoded));
	service_evidence_put(&w, &e);
	if (w.failed)
		return 0;
	if (!failed(service_evidence_check(&wanted, (struct span){encoded, w.len}, rd)) &&
		!memmem(e.attest.data, e.attest.len, rd, sizeof(rd)))
		abort();
	return 0;
}
