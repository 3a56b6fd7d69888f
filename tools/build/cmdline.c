#include "tools/build/cmdline.h"

#include <stdlib.h>
#include <string.h>
#include "efi/contract/handover.h"
#include "tools/lib/report.h"

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
 * efi=noruntime: the host's EFI variables stay out of reach. systemd reads one, SystemdOptions, as
 * if it stood on this line, and systemd.run= in it would be a command of the host's choice.
 */
static const char defaults[] =
	" panic=1 random.trust_bootloader=off nohibernate sysctl.kernel.sysrq=0"
	" systemd.gpt_auto=no systemd.verity=no systemd.import_credentials=no"
	" systemd.firstboot=no efi=noruntime";

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

static bool check_one_setting(const char *setting)
{
	size_t len = key_length(setting);
	char *key;
	const char *why;

	if (setting[len] != '=')
		return complain("--option %s: it takes KEY=VALUE", setting);
	key = must_dup(setting);
	key[len] = '\0';
	why = cmdline_setting_refused(key, setting + len + 1);
	free(key);
	return !why || complain("--option %s: %s", setting, why);
}

/* protostar.net=static and its address go together; so do address and gateway of one family. */
static bool check_network(const struct cmdline_request *request)
{
	bool is_static = strcmp(cmdline_setting(request, "protostar.net", "dhcp"), "static") == 0;
	const char *address = cmdline_setting(request, "protostar.net.address", NULL);
	const char *gateway = cmdline_setting(request, "protostar.net.gateway", NULL);

	if (is_static != (address != NULL))
		return complain("protostar.net=static and protostar.net.address go together: give "
				"both with --option, or neither");
	if (gateway && !is_static)
		return complain("protostar.net.gateway goes with protostar.net=static only");
	if (gateway && !strchr(address, ':') != !strchr(gateway, ':'))
		return complain("address and gateway must both be IPv4 or both IPv6");
	return true;
}

static bool check_settings(const struct cmdline_request *request)
{
	const char *why = cmdline_setting_refused("protostar.service", request->service);

	if (why)
		return complain("--service %s: %s", request->service, why);
	why = cmdline_setting_refused("protostar.pin", request->pin);
	if (why)
		return complain("--pin %s: %s", request->pin, why);
	for (size_t i = 0; i < request->setting_count; i++) {
		const char *s = request->settings[i];
		size_t len = key_length(s);

		if (!check_one_setting(s))
			return false;
		if (!strncmp(s, "protostar.service=", 18) || !strncmp(s, "protostar.pin=", 14))
			return complain("--option %s: give it with --service or --pin", s);
		for (size_t k = 0; k < i; k++)
			if (key_length(request->settings[k]) == len &&
				memcmp(request->settings[k], s, len) == 0)
				return complain("--option %s: that key is there twice", s);
	}
	return check_network(request);
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
	return cmdline_acceptable(line->data, line->len) ||
	       complain("the stub would refuse this command line");
}

bool cmdline_make(const struct cmdline_request *request, struct bytes *out)
{
	struct bytes line = {0};
	bool fine = check_settings(request);

	if (!fine)
		return false;
	bytes_addf(&line, "roothash=%s protostar.service=%s protostar.pin=%s", request->root_hash,
		request->service, request->pin);
	for (size_t i = 0; i < request->setting_count; i++)
		bytes_addf(&line, " %s", request->settings[i]);
	bytes_add_text(&line, defaults);
	fine = (!request->words || add_words(request->words, &line)) && check_line(&line);
	if (fine)
		bytes_add(out, line.data, line.len);
	bytes_free(&line);
	return fine;
}
