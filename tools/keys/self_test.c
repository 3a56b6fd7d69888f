/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/self_test.h"

#include "crypto/kem.h"
#include "tools/keys/request.h"

#define AAD "protostar key service self-test"

static bool seal_and_open(const struct kem_pair *node)
{
	static const uint8_t rd[32] = {1}, plain[DISK_KEY_LEN] = {2};
	const uint8_t *mlkem = kem_mlkem_pub(node);
	const struct kem_public to = {
		.p256 = node->p256.pub, .mlkem = {mlkem, mlkem ? MLKEM_PUBLIC_LEN : 0}};
	const struct span aad = {(const uint8_t *)AAD, sizeof(AAD) - 1};
	uint8_t wrapped[WRAP_OVERHEAD_MAX + sizeof(plain)];
	SECRET_AUTO back = {0};
	size_t len = 0;

	return seal_len(&to, sizeof(plain)) <= sizeof(wrapped) &&
	       seal(&to, rd, aad, (struct span){plain, sizeof(plain)}, wrapped, &len) &&
	       !failed(wrap_open(node, rd, aad.data, aad.len, wrapped, len, &back)) &&
	       back.len == sizeof(plain) && equal_ct(back.bytes, plain, sizeof(plain));
}

struct failure self_test(void)
{
	struct kem_pair node = {0};
	bool good = !failed(kem_generate(&node)) && seal_and_open(&node);

	kem_free(&node);
	return good ? failure_none() : refuse("the cryptography of this machine does not work");
}
