/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/accelerator.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "tools/lib/bytes.h"
#include "tools/lib/file.h"
#include "tools/lib/report.h"
#include "tools/run/child.h"

#define DEVICE	    "/dev/kvm"
#define BOOT_ID	    "/proc/sys/kernel/random/boot_id"
#define TRY_SECONDS 10
#define OUTPUT_MAX  65536u /* bytes: more than a firmware says until it looks for disks */
#define KEPT_MAX    128u   /* bytes */

static const char kvm[] = "kvm", tcg[] = "tcg";

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* What the firmware says when it looks for something to boot, or has found nothing. */
static bool has_booted(const struct bytes *said)
{
	static const char *const marks[] = {"BdsDxe", "UEFI Interactive Shell", "Shell>"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (memmem(said->data, said->len, marks[i], strlen(marks[i])))
			return true;
	return false;
}

static bool boots_within(int fd, long long deadline)
{
	struct bytes said = {0};
	uint8_t block[1024];
	bool booted = false;

	while (!booted && said.len < OUTPUT_MAX) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		long long left = deadline - now_ms();
		ssize_t n;

		if (left <= 0 || poll(&ready, 1, (int)left) <= 0)
			break;
		n = read(fd, block, sizeof(block));
		if (n <= 0)
			break;
		bytes_add(&said, block, (size_t)n);
		booted = has_booted(&said);
	}
	bytes_free(&said);
	return booted;
}

static bool works(const struct machine *machine)
{
	struct machine tried = *machine;
	struct argv argv = {0};
	int out[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct child qemu = {0};
	bool fine = false;

	tried.accelerator = kvm;
	machine_firmware_only(&tried, &argv);
	if (null >= 0 && pipe2(out, O_CLOEXEC) == 0) {
		const struct child_request request = {
			.argv = &argv, .in = null, .out = out[1], .err = null};

		fine = child_start(&request, &qemu);
		close(out[1]);
		fine = fine && boots_within(out[0], now_ms() + TRY_SECONDS * 1000LL);
		child_end(&qemu, 0);
		close(out[0]);
	}
	if (null >= 0)
		close(null);
	argv_free(&argv);
	return fine;
}

/* The kept answer, when it was found since this machine was started; NULL otherwise. */
static const char *read_kept(const char *kept, const struct bytes *boot_id)
{
	static const char *const answers[] = {kvm, tcg};
	const char *found = NULL;
	struct bytes text = {0};
	bool quiet = report_quiet(true);

	if (kept && file_read(kept, KEPT_MAX, &text))
		for (size_t i = 0; i < 2; i++) {
			size_t len = strlen(answers[i]);

			if (text.len == len + 1 + boot_id->len &&
				memcmp(text.data, answers[i], len) == 0 &&
				memcmp(text.data + len + 1, boot_id->data, boot_id->len) == 0)
				found = answers[i];
		}
	report_quiet(quiet);
	bytes_free(&text);
	return found;
}

static void keep(const char *kept, const char *answer, const struct bytes *boot_id)
{
	struct bytes text = {0};

	bytes_add_text(&text, answer);
	bytes_add_text(&text, " ");
	bytes_add(&text, boot_id->data, boot_id->len);
	file_write(kept, text.data, text.len);
	bytes_free(&text);
}

const char *accelerator_choose(const struct machine *machine, const char *kept)
{
	struct bytes boot_id = {0};
	const char *answer;

	if (access(DEVICE, R_OK | W_OK))
		return tcg;
	if (!file_read(BOOT_ID, KEPT_MAX, &boot_id))
		return tcg;
	answer = read_kept(kept, &boot_id);
	if (!answer) {
		progress("there is a " DEVICE ": trying for up to %u seconds whether it boots the "
			 "firmware",
			TRY_SECONDS);
		answer = works(machine) ? kvm : tcg;
		if (kept)
			keep(kept, answer, &boot_id);
	}
	bytes_free(&boot_id);
	return answer;
}
