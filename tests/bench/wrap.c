/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the wrapping costs a node: built as PID 1 is, and run on its own. Prints "NAME CLASSICAL
 * HYBRID" in microseconds, each the quickest of many. The rejection of what opens with no key takes
 * as long as opening.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/aead.h"
#include "crypto/random.h"

#define RUNS	  200
#define PLAIN_LEN 100u /* a disk key and some join material */

static struct kem_pair both, p256; /* p256 is the first half of both */
static uint8_t wrapped[PLAIN_LEN + WRAP_OVERHEAD_MAX];

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double quickest(bool (*run)(void))
{
	double best = 1e12;

	for (int i = 0; i < RUNS; i++) {
		double began = now_us();

		if (!run())
			return -1;
		if (now_us() - began < best)
			best = now_us() - began;
	}
	return best;
}

static bool make_p256(void)
{
	struct key_pair k;
	bool good = !failed(key_generate(&k));

	if (good)
		key_free(&k);
	return good;
}

static bool make_both(void)
{
	struct kem_pair k;
	bool good = !failed(kem_generate(&k));

	if (good)
		kem_free(&k);
	return good;
}

static bool opens_not(const struct kem_pair *k)
{
	static const uint8_t rd[32];
	size_t len = PLAIN_LEN + wrap_overhead(kem_mlkem_pub(k));
	struct secret opened;

	return wrap_open(k, rd, "", 0, wrapped, len, &opened).code == E_AEAD_TAG;
}

static bool open_p256(void)
{
	return opens_not(&p256);
}

static bool open_both(void)
{
	return opens_not(&both);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()) ||
		failed(kem_generate(&both)) || !kem_mlkem_pub(&both) ||
		failed(random_bytes(wrapped, sizeof(wrapped))))
		return 1;
	p256.p256 = both.p256;
	memcpy(wrapped, both.p256.pub, P256_PUB_LEN);
	printf("key %.1f %.1f\n", quickest(make_p256), quickest(make_both));
	printf("open %.1f %.1f\n", quickest(open_p256), quickest(open_both));
	secret_pool_close();
	return 0;
}
