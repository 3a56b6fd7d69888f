/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "tools/build/cmdline.h"

/* A rule for a word's key, '-' read as '_' (the kernel does not tell them apart). */
struct word_rule {
	const char *key; /* with a final '*': every key that begins so */
	const char *why;
};

static const char shell[] = "it could open a shell before or beside the verified init";
static const char other_init[] = "it starts another init than the one PID 1 verified";
static const char other_root[] = "the root file system is fixed by roothash=";
static const char debugger[] = "it lets the console debug the kernel";
static const char host_code[] = "it runs code or data that the host supplies";
static const char ours[] = "protostar build sets it itself";

static const struct word_rule refused[] = {
	{"init", other_init},
	{"rdinit", other_init},
	{"root", other_root},
	{"rootfstype", other_root},
	{"rootflags", other_root},
	{"roothash", ours},
	{"protostar.*", "give it with --option, --service or --pin"},
	{"usrhash", other_root},
	{"initrd", host_code},
	{"initrdmem", host_code},
	{"noinitrd", other_init},
	{"resume", host_code},
	{"efivar_ssdt", host_code},
	{"efi", "it could give the host's EFI variables back to init"},
	{"bootconfig", host_code},
	{"fw_cfg*", host_code},
	{"qemu_fw_cfg.*", host_code},
	{"kgdb*", debugger},
	{"ekgdboc", debugger},
	{"kdb*", debugger},
	{"sysrq_always_enabled", debugger},
	{"sysctl.kernel.sysrq", debugger},
	{"sysctl.kernel.core_pattern", shell},
	{"sysctl.kernel.modprobe", shell},
	{"rd.*", shell},
	{"break", shell},
	{"emergency", shell},
	{"rescue", shell},
	{"single", shell},
	{"s", shell},
	{"S", shell},
	{"1", shell},
	{"_s", shell},
	{"_b", shell},
	{"b", shell},
	{"SYSTEMD_*", shell},
	{"__", "what follows it becomes arguments of init"},
};

/*
 * Of systemd's words only these: the others choose units, credentials, shells and generators. A
 * login prompt, which the owner of the image may want, opens nothing without a password.
 */
static const char *const systemd_allowed[] = {
	"systemd.log_level",
	"systemd.log_target",
	"systemd.log_color",
	"systemd.log_location",
	"systemd.log_time",
	"systemd.show_status",
	"systemd.status_unit_format",
	"systemd.machine_id",
	"systemd.hostname",
	"systemd.volatile",
	"systemd.unified_cgroup_hierarchy",
	"systemd.journald.forward_to_console",
	"systemd.journald.max_level_console",
	"systemd.default_timeout_start_sec",
	"systemd.getty_auto",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KEY_MAX	     128u

/* The part before '=', '-' as '_'; false when it is too long for any rule. */
static bool word_key(const char *word, char out[KEY_MAX])
{
	size_t len = strcspn(word, "=");

	if (len >= KEY_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = word[i] == '-' ? '_' : word[i];
	out[len] = '\0';
	return true;
}

static bool matches(const struct word_rule *rule, const char *key)
{
	size_t len = strlen(rule->key);

	if (rule->key[len - 1] == '*')
		return strncmp(rule->key, key, len - 1) == 0;
	return strcmp(rule->key, key) == 0;
}

const char *cmdline_word_refused(const char *word)
{
	char key[KEY_MAX];

	if (strchr(word, '"'))
		return "quotes make words with spaces inside, which no check here can see";
	if (!word_key(word, key))
		return "its name is longer than any known one";
	for (size_t i = 0; i < COUNT(refused); i++)
		if (matches(&refused[i], key))
			return refused[i].why;
	if (strncmp(key, "systemd.", 8) != 0)
		return NULL;
	for (size_t i = 0; i < COUNT(systemd_allowed); i++)
		if (strcmp(systemd_allowed[i], key) == 0)
			return NULL;
	return "of systemd's words only those for logging, identity and login prompts are allowed";
}
