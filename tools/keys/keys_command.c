/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar keys`: keys are read, the process is closed, requests are answered. */
#include "tools/keys/keys_command.h"

#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "tools/keys/options.h"
#include "tools/keys/sandbox.h"
#include "tools/keys/self_test.h"
#include "tools/keys/unix_socket.h"
#include "tools/lib/report.h"

/* Two sets of keys, a file of them, and a grant that is made. */
#define SECRETS_BYTES (256u << 10)
#define FOLDERS_MAX   4u

static struct failure harden(void)
{
	struct status opened;

	TRY_FAILURE(sandbox_prepare());
	/* Who stops reading our messages, or a file that may not grow, is no reason to end. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	opened = secret_pool_open(SECRETS_BYTES);
	if (failed(opened))
		return refuse("no locked memory (E%u): raise RLIMIT_MEMLOCK to 1 MiB", opened.code);
	opened = random_open();
	if (failed(opened))
		return refuse("no random bytes (E%u)", opened.code);
	return failure_none();
}

/* The folders of a key file, where it is named and where it lies. */
static void add_folders(const char *path, char folders[FOLDERS_MAX][PATH_MAX],
	const char *names[FOLDERS_MAX], size_t *count)
{
	char real[PATH_MAX];

	if (!path || strlen(path) >= PATH_MAX)
		return;
	memcpy(folders[*count], path, strlen(path) + 1);
	names[*count] = dirname(folders[*count]);
	++*count;
	if (!realpath(path, real))
		return;
	memcpy(folders[*count], real, strlen(real) + 1);
	names[*count] = dirname(folders[*count]);
	++*count;
}

static struct failure close_process(const struct keys_options *o)
{
	static char folders[FOLDERS_MAX][PATH_MAX];
	const char *names[FOLDERS_MAX];
	struct sandbox s = {
		.token = kek_is_token(o->kek), .network = o->token_network, .folders = names};
	bool landlock;

	if (!s.token) {
		add_folders(o->kek, folders, names, &s.folder_count);
		add_folders(o->passphrase_file, folders, names, &s.folder_count);
	}
	TRY_FAILURE(sandbox_enter(&s, &landlock));
	if (!landlock)
		complain("the kernel has no landlock: the key service has seccomp alone");
	return failure_none();
}

/* Beyond the sandbox nothing of the C library's end runs any more: it is not on the list. */
static struct failure serve(
	const struct keys_options *o, struct kek_engine *e, const struct keys_socket *socket)
{
	struct keys_server *server;
	struct failure f;

	TRY_FAILURE(self_test());
	TRY_FAILURE(keys_server_open(
		e, &o->users, &o->tenants, socket->listener, socket->connected, &server));
	f = close_process(o);
	if (!f.happened)
		f = keys_server_run(server);
	keys_server_close(server);
	return f;
}

static struct failure open_and_serve(const struct keys_options *o)
{
	struct keys_socket socket;
	struct kek_engine *engine;
	struct failure f;

	TRY_FAILURE(keys_socket_open(o, &socket));
	TRY_FAILURE(kek_engine_open(o->kek, o->passphrase_file, o->create, &engine));
	f = serve(o, engine, &socket);
	kek_engine_close(engine);
	return f;
}

static int run(int argc, char **argv)
{
	struct keys_options o;
	int code = keys_options(&keys_command, argc, argv, &o);
	struct failure f;

	if (code >= 0)
		return code;
	f = harden();
	if (!f.happened && (o.encrypt || o.decrypt))
		f = kek_file_copy(o.kek, o.encrypt ? NULL : o.passphrase_file,
			o.encrypt ? o.encrypt : o.decrypt, o.encrypt ? o.passphrase_file : NULL);
	else if (!f.happened)
		f = open_and_serve(&o);
	if (f.happened)
		complain("%s", f.text);
	secret_pool_close();
	fflush(NULL);
	_exit(f.happened ? EXIT_REFUSED : EXIT_DONE);
}

const struct command keys_command = {
	.name = "keys",
	.summary = "hold the key-encryption keys, and seal disk keys for the join service",
	.usage = "--kek\tFILE|URI --socket\tPATH [OPTION...]\n--kek\tFILE --passphrase-file\tFILE "
		 "--encrypt\tFILE | --decrypt\tFILE",
	.about = "Runs the key service: it alone holds the key-encryption keys, seals the keys of "
		 "disks to nodes that the join service has judged, and does nothing else.",
	.groups = {{.rows = keys_rows}},
	.run = run,
};
