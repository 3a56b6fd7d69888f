/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/cmdline.h"

#include <stdlib.h>
#include <string.h>
#include "early/contract/config.h"
#include "early/contract/errors.h"
#include "efi/contract/handover.h"
#include "tools/lib/report.h"

#define PREFIX "protostar."

/*
 * What every image gets, before the user's words:
 * panic=1: a panic never waits at a console that the host owns.
 * random.trust_bootloader=off: the host's firmware hands over seeds; they are not credited.
 * nohibernate: no image of memory is ever written to, or read from, a disk of the host.
 * sysctl.kernel.sysrq=0: a BREAK on the serial console shows no registers and kills nothing.
 * systemd.gpt_auto=no: init mounts no partition that the host added to the disk.
 * systemd.verity=no: init does not look for the root hash's devices again, and wait for them.
 * systemd.import_credentials=no: init takes no credentials from SMBIOS or fw_cfg.
 * systemd.firstboot=no: init asks nobody at the console for root's password.
 * systemd.getty_auto=no: init puts no login prompt on serial and virtio consoles, of which the host
 * may add some. systemd.getty_auto=yes among the user's words, which come later, does.
 * systemd.ssh_auto=no: init binds no sshd to a vsock device, which the host may add.
 * efi=noruntime: the host's EFI variables stay out of reach. systemd reads one, SystemdOptions, as
 * if it stood on this line, and systemd.run= in it would be a command of the host's choice.
 */
static const char defaults[] =
	" panic=1 random.trust_bootloader=off nohibernate sysctl.kernel.sysrq=0"
	" systemd.gpt_auto=no systemd.verity=no systemd.import_credentials=no"
	" systemd.firstboot=no systemd.getty_auto=no systemd.ssh_auto=no efi=noruntime";

static size_t key_length(const char *setting)
{
	return strcspn(setting, "=");
}

const char *cmdline_setting(
	const struct cmdline_request *request, const char *key, const char *fallback)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < request->setting_count; i++) {
		const char *s = request->settings[i];

		if (key_length(s) == len && s[len] == '=' && strncmp(s, key, len) == 0)
			return s + len + 1;
	}
	return fallback;
}

bool cmdline_knows_service(const struct cmdline_request *request)
{
	if (!request->service)
		return cmdline_setting(request, CMDLINE_OPERATOR, NULL) != NULL;
	return request->pin || cmdline_setting(request, CMDLINE_EVIDENCE, NULL);
}

/* A space would end the word, and what follows it would not be PID 1's. */
static bool check_one_word(const char *option, const char *value)
{
	for (const char *p = value; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '"')
			return complain("%s %s: spaces, quotes and characters beyond ASCII cannot "
					"stand in it",
				option, value);
	return true;
}

static bool check_settings(const struct cmdline_request *request)
{
	if ((request->service && !check_one_word("--service", request->service)) ||
		(request->pin && !check_one_word("--pin", request->pin)))
		return false;
	for (size_t i = 0; i < request->setting_count; i++) {
		const char *s = request->settings[i];

		if (!strchr(s, '='))
			return complain("--option %s: it takes KEY=VALUE", s);
		if (strncmp(s, PREFIX, strlen(PREFIX)) != 0)
			return complain("--option %s: PID 1 knows no such setting", s);
		if (!strncmp(s, "protostar.service=", 18) || !strncmp(s, "protostar.pin=", 14))
			return complain("--option %s: give it with --service or --pin", s);
		if (!check_one_word("--option", s))
			return false;
	}
	return true;
}

/* Appends the user's words one by one, so that runs of spaces become one. */
static bool add_words(const char *words, struct bytes *out)
{
	char *text = must_dup(words), *rest = text, *word;
	bool fine = true;

	while (fine && (word = strsep(&rest, " "))) {
		const char *why = *word ? cmdline_word_refused(word) : NULL;

		if (why)
			fine = complain("--cmdline: \"%s\" is refused: %s", word, why);
		else if (*word)
			bytes_addf(out, " %s", word);
	}
	free(text);
	return fine;
}

/* PID 1's own reader is the judge of what is for PID 1. */
static bool pid_1_takes(const struct bytes *line)
{
	char bad[CONFIG_TEXT_MAX];
	struct config config;
	struct status s = config_parse((const char *)line->data, line->len, &config, bad);

	return !failed(s) || complain("%s: %s: %s", bad, error_text(s.code), error_advice(s.code));
}

static bool check_line(const struct bytes *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (line->data[i] < 0x20 || line->data[i] > 0x7e)
			return complain("the command line has a character that is not printable "
					"ASCII (byte 0x%02x)",
				line->data[i]);
	if (line->len > CMDLINE_MAX)
		return complain("the command line has %zu characters, but Linux takes %u: shorten "
				"--cmdline or --option",
			line->len, CMDLINE_MAX);
	if (!cmdline_acceptable(line->data, line->len))
		return complain("the stub would refuse this command line");
	return pid_1_takes(line);
}

bool cmdline_make(const struct cmdline_request *request, struct bytes *out)
{
	struct bytes line = {0};
	bool fine = check_settings(request);

	if (!fine)
		return false;
	bytes_addf(&line, "roothash=%s", request->root_hash);
	if (request->service)
		bytes_addf(&line, " protostar.service=%s", request->service);
	if (request->pin)
		bytes_addf(&line, " protostar.pin=%s", request->pin);
	for (size_t i = 0; i < request->setting_count; i++)
		bytes_addf(&line, " %s", request->settings[i]);
	bytes_add_text(&line, defaults);
	fine = (!request->words || add_words(request->words, &line)) && check_line(&line);
	if (fine)
		bytes_add(out, line.data, line.len);
	bytes_free(&line);
	return fine;
}
