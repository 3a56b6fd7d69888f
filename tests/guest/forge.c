/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host can put into its own initrd, as PID 1: extends the TPM's registers with what the
 * genuine image would have been measured as, and becomes the genuine PID 1, under a kernel and a
 * command line of the host's. /forge has a line for each extension: "PCR DIGEST", SHA-256 in hex.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGEST_LEN 32u

/* TPM2_PCR_Extend of one SHA-256 digest, with an empty password: what stands before the digest. */
static const uint8_t head[] = {0x80, 0x02, 0, 0, 0, 65, 0, 0, 0x01, 0x82, 0, 0, 0, 0 /* PCR */, 0,
	0, 0, 9, 0x40, 0, 0, 0x09, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x0b};
#define PCR_OFFSET 13u

static int extend(int tpm, unsigned pcr, const uint8_t digest[DIGEST_LEN])
{
	uint8_t command[sizeof(head) + DIGEST_LEN], response[64] = {0};

	memcpy(command, head, sizeof(head));
	command[PCR_OFFSET] = (uint8_t)pcr;
	memcpy(command + sizeof(head), digest, DIGEST_LEN);
	return write(tpm, command, sizeof(command)) == (ssize_t)sizeof(command) &&
	       read(tpm, response, sizeof(response)) >= 10 && !response[8] && !response[9];
}

int main(void)
{
	char *const argv[] = {(char[]){"/init"}, NULL};
	FILE *list = fopen("/forge", "r");
	uint8_t digest[DIGEST_LEN];
	unsigned pcr;
	int tpm;

	(void)mkdir("/dev", 0755);
	(void)mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	tpm = open("/dev/tpm0", O_RDWR);
	while (list && fscanf(list, "%2u ", &pcr) == 1) {
		for (unsigned i = 0; i < DIGEST_LEN; i++)
			if (fscanf(list, "%2hhx", &digest[i]) != 1)
				return 1;
		if (!extend(tpm, pcr, digest))
			return 1;
	}
	/* PID 1 opens the TPM and mounts these itself. */
	close(tpm);
	(void)umount("/dev");
	(void)execv("/genuine", argv);
	return 1;
}
