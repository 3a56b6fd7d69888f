/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service's side of an exchange, fed with messages that no TPM stands behind: it may deny and
 * it may challenge, but it must never grant. Input: any number of  u8 type | u16 length | body.
 */
#include "tests/unit/done.h"
#include "tests/unit/local_keys.h"
#include "tests/unit/scratch.h"

#include <string.h>

#include "crypto/random.h"
#include "early/contract/messages.h"
#include "tools/serve/join/exchange.h"
#include "tools/serve/store/store_keks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy[] =
	"{\"identity\":{\"first_use\":true},"
	"\"allow_missing\":[2,3,11,12,15],\"measurements\":{\"4\":"
	"\"0000000000000000000000000000000000000000000000000000000000000000\"}}";

static struct service *service(void)
{
	static struct service s;
	const struct audit_position nothing = {0};
	const uint8_t check[KEK_CHECK_LEN] = {1};
	struct audit_tail tail;

	if (s.policy)
		return &s;
	scratch_open();
	atexit(scratch_close);
	s.log.fd = -1;
	s.purpose = PURPOSE_JOIN;
	if (failed(secret_pool_open(1u << 17)) || failed(random_open()) ||
		!done(policy_parse(policy, sizeof(policy) - 1, &s.policy)) ||
		!done(store_open(scratch_path("store"), STORE_CREATE, &s.store)) ||
		!done(store_put_kek_check(s.store, 1, check)) || !done(store_choose_kek(s.store)) ||
		!done(audit_open(scratch_path("audit"), &nothing, &s.audit, &tail)) ||
		!local_keys_open(scratch_path("kek"), &s.keys))
		abort();
	return &s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buffer[EXCHANGE_REPLY_MAX];
	struct service *s = service();
	struct exchange x = {.peer = "fuzz"};
	struct wire_writer reply;

	wire_write_start(&reply, buffer, sizeof(buffer));
	if (!exchange_start(&x, s, &reply))
		abort();
	while (size >= 3 && x.phase != EXCHANGE_OVER) {
		size_t len = (size_t)data[1] << 8 | data[2];
		uint8_t type = data[0];

		data += 3;
		size -= 3;
		len = len > size ? size : len;
		wire_write_start(&reply, buffer, sizeof(buffer));
		if (exchange_due(&x, type) >= len && exchange_due(&x, type))
			exchange_message(&x, s, type, (struct span){data, len}, &reply);
		if (reply.failed || x.phase == EXCHANGE_COMMIT ||
			(reply.len && buffer[4] != MSG_DENY && buffer[4] != MSG_CHALLENGE))
			abort();
		data += len;
		size -= len;
	}
	exchange_end(&x);
	return 0;
}
