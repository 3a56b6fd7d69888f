/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1 of a guest that says what was measured, and does nothing else: every PCR of every active
 * bank and the firmware's event log, then the machine goes off. Whatever stub started the kernel,
 * this is the whole initrd.
 *
 * On the console, a line each: "measured: pcr BANK NUMBER HEX", "measured: log BASE64" (the log in
 * order, 48 bytes a line), "measured: cmdline TEXT" and at last "measured: done" or "measured:
 * failed".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#define PCRS	 24u
#define LOG	 "/sys/kernel/security/tpm0/binary_bios_measurements"
#define LOG_LINE 48u
#define TEXT_MAX 4096u

static bool complete = true;

static void failed(const char *what)
{
	printf("measured: failed: %s: %s\n", what, strerror(errno));
	complete = false;
}

static void prepare(void)
{
	int console;

	(void)mkdir("/dev", 0755);
	(void)mkdir("/proc", 0755);
	(void)mkdir("/sys", 0755);
	(void)mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	(void)mount("proc", "/proc", "proc", 0, NULL);
	(void)mount("sysfs", "/sys", "sysfs", 0, NULL);
	(void)mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	console = open("/dev/console", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(console, fd);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* The first line of a small file; false when it cannot be read. */
static bool read_line(const char *path, char line[TEXT_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, line, TEXT_MAX - 1);

	if (fd >= 0)
		close(fd);
	if (got < 0)
		return false;
	line[got] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* A bank that the TPM has not is not in sysfs. */
static bool show_bank(const char *bank)
{
	char path[128], line[TEXT_MAX];

	for (unsigned pcr = 0; pcr < PCRS; pcr++) {
		snprintf(path, sizeof(path), "/sys/class/tpm/tpm0/pcr-%s/%u", bank, pcr);
		if (!read_line(path, line)) {
			if (pcr)
				failed(path);
			return false;
		}
		printf("measured: pcr %s %u %s\n", bank, pcr, line);
	}
	return true;
}

static void show_pcrs(void)
{
	static const char *const banks[] = {"sha1", "sha256", "sha384", "sha512"};
	unsigned shown = 0;

	for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++)
		shown += show_bank(banks[i]);
	if (!shown)
		failed("the TPM's PCRs");
}

static void show_base64(const uint8_t *data, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	char text[LOG_LINE / 3 * 4 + 1];
	size_t out = 0;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t three = (uint32_t)data[i] << 16;

		three |= i + 1 < len ? (uint32_t)data[i + 1] << 8 : 0;
		three |= i + 2 < len ? (uint32_t)data[i + 2] : 0;
		for (unsigned place = 0; place < 4; place++)
			text[out++] = i + place > len ? '='
						      : digits[three >> (18 - 6 * place) & 63];
	}
	text[out] = '\0';
	printf("measured: log %s\n", text);
}

static void show_log(void)
{
	uint8_t line[LOG_LINE];
	FILE *log = fopen(LOG, "r");
	size_t got;

	if (!log) {
		failed(LOG);
		return;
	}
	while ((got = fread(line, 1, sizeof(line), log)) > 0)
		show_base64(line, got);
	if (ferror(log))
		failed(LOG);
	fclose(log);
}

int main(void)
{
	char cmdline[TEXT_MAX];

	prepare();
	if (read_line("/proc/cmdline", cmdline))
		printf("measured: cmdline %s\n", cmdline);
	show_pcrs();
	show_log();
	printf("measured: %s\n", complete ? "done" : "failed");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 0;
}
