/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ML-KEM-768 in constant time, as valgrind sees it: secrets are marked as undefined, and memcheck
 * reports each branch and each address that depends on them. Decapsulation runs with a ciphertext
 * that fits and with one that does not; key generation has no such run, because the public seed,
 * which decides how the matrix is sampled, is hashed from the secret one.
 *
 * With an argument it branches on a secret itself, to show that this is seen.
 */
#include <mlkem768.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#define SECRET_HEAD MLKEM768_PUBLIC_AT /* of the private key: the vector s */
#define SECRET_TAIL 32		       /* and z, what a rejection is made of */

static uint8_t private[MLKEM768_PRIVATE], ciphertext[MLKEM768_CIPHERTEXT];

static void hide(uint8_t *secret, size_t len)
{
	VALGRIND_MAKE_MEM_UNDEFINED(secret, len);
}

static void reveal(uint8_t *secret, size_t len)
{
	VALGRIND_MAKE_MEM_DEFINED(secret, len);
}

int main(int argc, char **argv)
{
	uint8_t seed[MLKEM768_KEY_SEED] = {1, 2, 3}, message[MLKEM768_SEAL_SEED] = {4};
	uint8_t sealed[MLKEM768_SHARED], opened[MLKEM768_SHARED], rejected[MLKEM768_SHARED];

	if (!RUNNING_ON_VALGRIND)
		return 2;
	mlkem768_generate(seed, private);
	hide(message, sizeof(message));
	mlkem768_encapsulate(private + MLKEM768_PUBLIC_AT, message, ciphertext, sealed);
	if (argc > 1 && sealed[0] == argv[1][0])
		puts("the same byte");
	reveal(ciphertext, sizeof(ciphertext));
	hide(private, SECRET_HEAD);
	hide(private + sizeof(private) - SECRET_TAIL, SECRET_TAIL);
	mlkem768_decapsulate(private, ciphertext, opened);
	ciphertext[5] ^= 1;
	mlkem768_decapsulate(private, ciphertext, rejected);
	reveal(sealed, sizeof(sealed));
	reveal(opened, sizeof(opened));
	reveal(rejected, sizeof(rejected));
	if (memcmp(opened, sealed, sizeof(sealed)) != 0 ||
		memcmp(rejected, sealed, sizeof(sealed)) == 0)
		return 1;
	puts("no branch and no address depends on a secret");
	return 0;
}
