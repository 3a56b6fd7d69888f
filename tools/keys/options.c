/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/options.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/lib/number.h"
#include "tools/lib/report.h"

static bool take_user(void *into, const struct option_use *use)
{
	struct keys_users *users = &((struct keys_options *)into)->users;
	const struct passwd *named;
	uint64_t id = 0;

	if (users->count == KEYS_USERS_MAX)
		return option_refuse(use, "so many users may not be named");
	if (number_read(use->value, 10, 0, UINT32_MAX - 1, &id)) {
		users->ids[users->count++] = (uid_t)id;
		return true;
	}
	named = getpwnam(use->value);
	if (!named)
		return option_refuse(use, "there is no such user");
	users->ids[users->count++] = named->pw_uid;
	return true;
}

const struct option_row keys_rows[] = {
	{"kek", "FILE", OPTION_FILE, OPTION_INTO(struct keys_options, kek), .required = true,
		.help = "the key-encryption keys: a file, or pkcs11:... (RFC 7512) for a token"},
	{"passphrase-file", "FILE", OPTION_FILE, OPTION_INTO(struct keys_options, passphrase_file),
		.help = "what opens a file that is encrypted"},
	{"create", .kind = OPTION_FLAG, OPTION_INTO(struct keys_options, create),
		.help = "make the first version when there is none"},
	{"socket", "PATH", OPTION_PATH, OPTION_INTO(struct keys_options, socket),
		.help = "listen there; without it on the socket that systemd hands over"},
	{"connected", .kind = OPTION_FLAG, OPTION_INTO(struct keys_options, connected),
		.help = "standard input is the one connection, as protostar serve starts it"},
	{"allow-user", "USER", OPTION_TEXT, .take = take_user, .repeat = true,
		.help = "may ask, beside the user that this runs as: a name or a number"},
	{"tenant", "NAME", OPTION_TEXT,
		OPTION_LIST(struct keys_options, tenants.names, tenants.count),
		.help = "seal keys of this tenant's disks; may be given again; default all"},
	{"token-network", .kind = OPTION_FLAG, OPTION_INTO(struct keys_options, token_network),
		.help = "let a token's module use the network"},
	{"encrypt", "FILE", OPTION_PATH, OPTION_INTO(struct keys_options, encrypt),
		.help = "write the keys there, encrypted with the passphrase, and stop"},
	{"decrypt", "FILE", OPTION_PATH, OPTION_INTO(struct keys_options, decrypt),
		.help = "write the keys there, not encrypted, and stop"},
	{0},
};

/* What does not go together; NULL: all does. */
static const char *wrong(const struct keys_options *o)
{
	bool token = kek_is_token(o->kek);

	if (o->encrypt && o->decrypt)
		return "give one of --encrypt and --decrypt";
	if ((o->encrypt || o->decrypt) && (!o->passphrase_file || token))
		return "--encrypt and --decrypt take a file of keys, and --passphrase-file";
	if ((o->encrypt || o->decrypt) && (o->socket || o->connected || o->create))
		return "--encrypt and --decrypt serve nobody, and make no keys";
	if (token && o->passphrase_file)
		return "a token's PIN is named in its URI (pin-source), not by --passphrase-file";
	if (!token && o->token_network)
		return "--token-network is about tokens";
	if (o->socket && o->connected)
		return "give one of --socket and --connected";
	return NULL;
}

int keys_options(const struct command *command, int argc, char **argv, struct keys_options *out)
{
	struct keys_options o = {.users = {.ids = {geteuid()}, .count = 1}};
	int code = command_read(command, argc, argv, &o);
	const char *complaint;

	if (code >= 0)
		return code;
	complaint = wrong(&o);
	if (complaint) {
		command_refuse(command, "%s", complaint);
		return EXIT_MISUSE;
	}
	*out = o;
	return -1;
}
