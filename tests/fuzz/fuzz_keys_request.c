/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes over the key service's socket: frames, and what they are answered with. Whatever is
 * asked is answered by a frame that can be read, or ends the connection.
 */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"

#include <string.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "tools/keys/handle.h"
#include "tools/lib/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kek_engine *engine(void)
{
	static struct kek_engine *e;
	static const char text[] =
		"protostar-kek 1\n"
		"1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
		"3 202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f\n";

	if (e)
		return e;
	report_silence();
	scratch_open();
	atexit(scratch_close);
	scratch_write(scratch_path("kek"), text, sizeof(text) - 1, 0600);
	if (failed(secret_pool_open(1u << 20)) || failed(random_open()) ||
		!done(kek_engine_open(scratch_path("kek"), NULL, false, &e)))
		abort();
	return e;
}

static void check_answer(const struct keys_frame *asked, struct span reply)
{
	struct keys_frame answer;
	struct key_status status;
	enum key_refusal why;
	struct span wrapped;

	if (keys_frame_get(reply, KEYS_REPLY_MAX, &answer) != (long)reply.len ||
		answer.number != asked->number)
		abort();
	if (asked->type == KEYS_STATUS
			? answer.type != KEYS_VERSIONS || !keys_versions_get(answer.body, &status)
			: !(answer.type == KEYS_SEALED && keys_sealed_get(answer.body, &wrapped)) &&
				  !(answer.type == KEYS_REFUSED &&
					  keys_refused_get(answer.body, &why)))
		abort();
}

/* A request that is taken is written as it was read. */
static void check_encoding(const struct keys_frame *asked)
{
	static struct keys_seal_frame f;
	struct keys_seal s;

	if (asked->type != KEYS_SEAL || !keys_seal_get(asked->body, &s))
		return;
	if (!keys_seal_put(&s.r, asked->number, &f) ||
		f.head_len + s.r.join_material.len + f.tail_len !=
			KEYS_HEAD_LEN + asked->body.len ||
		memcmp(f.head + KEYS_HEAD_LEN, asked->body.data, f.head_len - KEYS_HEAD_LEN) != 0 ||
		memcmp(f.tail, asked->body.data + asked->body.len - f.tail_len, f.tail_len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct keys_tenants tenants = {{"default"}, 1};
	static uint8_t reply[KEYS_REPLY_MAX];
	struct kek_engine *e = engine();
	struct keys_frame frame;

	while (size) {
		long len = keys_frame_get((struct span){data, size}, KEYS_REQUEST_MAX, &frame);
		struct wire_writer w;

		if (len <= 0)
			break;
		wire_write_start(&w, reply, sizeof(reply));
		check_encoding(&frame);
		if (!keys_handle(e, &tenants, &frame, &w))
			break;
		check_answer(&frame, (struct span){reply, w.len});
		data += len;
		size -= (size_t)len;
	}
	return 0;
}
