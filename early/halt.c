/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/halt.h"

#include <signal.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>
#include "early/boot.h"
#include "early/console.h"
#include "early/console_open.h"
#include "early/contract/errors.h"
#include "early/contract/pcr15.h"
#include "early/stages.h"
#include "early/tee/tee.h"
#include "early/tpm/tpm.h"

/* Room for the registers that a signal frame saves, of the largest processors too. */
#define CRASH_STACK_LEN 65536u

static const struct boot *crash_boot;

/* PID 1 must not end: the kernel would panic, and a panic's outcome is not ours to choose. */
static void __attribute__((noreturn)) leave(enum failure_action action)
{
	(void)reboot(action == FAILURE_REBOOT ? RB_AUTOBOOT : RB_POWER_OFF);
	for (;;)
		(void)pause();
}

void halt_boot(struct boot *b, const char *phase, struct status cause)
{
	/* Before console and TPM, which are the host's: they may keep us waiting for ever. */
	secret_pool_close();
	console_say("E%u phase=%s %s%s", cause.code, phase, error_text(cause.code),
		console_detail_note());
	console_say("what to do: %s (more: protostar explain E%u)", error_advice(cause.code),
		cause.code);
	console_drain();
	if (b->rtmr)
		rtmr_poison(PCR15_FAILED);
	if (b->tpm)
		tpm_poison(b->tpm);
	sync();
	leave(b->config.failure);
}

static void say_raw(const char *text)
{
	ssize_t n = write(STDERR_FILENO, text, strlen(text));

	(void)n;
}

/* Only calls that are safe in a signal handler. */
static void on_crash(int number)
{
	const uint16_t code = E_CRASH;

	(void)number;
	secret_pool_close();
	say_raw("protostar: E302 phase=");
	say_raw(stage_name());
	say_raw(" ");
	say_raw(error_text(code));
	say_raw("\nprotostar: what to do: ");
	say_raw(error_advice(code));
	say_raw("\n");
	leave(crash_boot->config.failure);
}

void halt_on_crash(const struct boot *b)
{
	static const int fatal[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP, SIGXCPU, SIGXFSZ};
	static char stack[CRASH_STACK_LEN];
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};

	crash_boot = b;
	(void)sigfillset(&action.sa_mask);
	(void)sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		(void)sigaction(fatal[i], &action, NULL);
}
