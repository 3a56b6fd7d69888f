/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/keys/token_setting.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/lib/bytes.h"

#define P11_KIT_MODULE "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so"

static bool write_file(const char *path, const char *text, unsigned mode)
{
	FILE *f = fopen(path, "w");

	return f && fputs(text, f) >= 0 && fclose(f) == 0 && chmod(path, mode) == 0;
}

static void run_child(const char *const argv[], int out)
{
	char *words[24] = {NULL};

	for (size_t i = 0; argv[i] && i < 23; i++)
		words[i] = strdup(argv[i]);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || dup2(out, 1) < 0)
		_exit(126);
	execvp(words[0], words);
	perror(words[0]);
	_exit(127);
}

bool token_setting_run(const char *const argv[], char *out, size_t room)
{
	char rest[4096];
	size_t len = 0;
	int ends[2], status = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return false;
	pid = fork();
	if (pid == 0)
		run_child(argv, ends[1]);
	close(ends[1]);
	for (;;) {
		const bool kept = out && len + 1 < room;
		ssize_t n = read(
			ends[0], kept ? out + len : rest, kept ? room - 1 - len : sizeof(rest));

		if (n <= 0)
			break;
		len += kept ? (size_t)n : 0;
	}
	if (out)
		out[len] = 0;
	close(ends[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

bool token_setting_add(const char *label)
{
	const char *const argv[] = {"softhsm2-util", "--init-token", "--free", "--label", label,
		"--so-pin", TOKEN_SO_PIN, "--pin", TOKEN_PIN, NULL};
	char said[512];

	return token_setting_run(argv, said, sizeof(said));
}

static bool make(struct token_setting *s)
{
	char path[256], text[512];

	snprintf(path, sizeof(path), "%s/tokens", s->folder);
	if (mkdir(path, 0700))
		return false;
	snprintf(path, sizeof(path), "%s/softhsm2.conf", s->folder);
	snprintf(text, sizeof(text),
		"directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n",
		s->folder);
	return write_file(path, text, 0600) && setenv("SOFTHSM2_CONF", path, 1) == 0 &&
	       setenv("FAULTY_TOKEN", s->fault, 1) == 0 &&
	       setenv("FAULTY_TOKEN_MODULE", TOKEN_MODULE, 1) == 0 &&
	       token_setting_pin(s, TOKEN_PIN "\n", 0600) && token_setting_add(TOKEN_LABEL);
}

void token_setting_make(
	struct token_setting *s, const char *folder, const char *tool, const char *faulty_module)
{
	memset(s, 0, sizeof(*s));
	s->tool = tool;
	snprintf(s->folder, sizeof(s->folder), "%s", folder);
	snprintf(s->pin, sizeof(s->pin), "%s/pin", folder);
	snprintf(s->fault, sizeof(s->fault), "%s/fault", folder);
	snprintf(s->uri, sizeof(s->uri),
		"pkcs11:token=" TOKEN_LABEL "?module-path=" TOKEN_MODULE "&pin-source=file:%s",
		s->pin);
	snprintf(s->faulty_uri, sizeof(s->faulty_uri),
		"pkcs11:token=" TOKEN_LABEL "?module-path=%s&pin-source=file:%s", faulty_module,
		s->pin);
	if (!make(s)) {
		fprintf(stderr, "SoftHSM gives no token in %s\n", folder);
		exit(1);
	}
}

bool token_setting_pull(const struct token_setting *s, bool empty)
{
	char tokens[256], pulled[256];

	snprintf(tokens, sizeof(tokens), "%s/tokens", s->folder);
	snprintf(pulled, sizeof(pulled), "%s/pulled", s->folder);
	return rename(tokens, pulled) == 0 && (!empty || mkdir(tokens, 0700) == 0);
}

bool token_setting_plug(const struct token_setting *s)
{
	char tokens[256], pulled[256];

	snprintf(tokens, sizeof(tokens), "%s/tokens", s->folder);
	snprintf(pulled, sizeof(pulled), "%s/pulled", s->folder);
	/* The empty folder, if there is one, gives way. */
	return rename(pulled, tokens) == 0;
}

bool token_setting_pin(const struct token_setting *s, const char *pin, unsigned mode)
{
	return write_file(s->pin, pin, mode);
}

bool token_setting_fault(const struct token_setting *s, const char *line)
{
	if (line)
		return write_file(s->fault, line, 0600);
	return unlink(s->fault) == 0 || access(s->fault, F_OK) != 0;
}

size_t token_setting_count(const struct token_setting *s, const char *what)
{
	char path[300];
	struct stat st;

	snprintf(path, sizeof(path), "%s.%s", s->fault, what);
	return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

static bool server_address(const struct token_setting *s, char path[256])
{
	char address[300];

	snprintf(path, 256, "%s/server", s->folder);
	snprintf(address, sizeof(address), "unix:path=%s", path);
	return setenv("P11_KIT_SERVER_ADDRESS", address, 1) == 0;
}

pid_t token_setting_serve(const struct token_setting *s, char **out_uri)
{
	char path[256];
	const char *const argv[] = {"p11-kit", "server", "--foreground", "--name", path,
		"--provider", TOKEN_MODULE, "pkcs11:token=" TOKEN_LABEL, NULL};
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t pid = server_address(s, path) && nowhere >= 0 ? fork() : -1;

	if (pid == 0) {
		setpgid(0, 0); /* with the processes that it makes for its callers */
		run_child(argv, nowhere);
	}
	close(nowhere);
	*out_uri = must_format("pkcs11:token=" TOKEN_LABEL "?module-path=" P11_KIT_MODULE
			       "&pin-source=file:%s",
		s->pin);
	for (int i = 0; pid > 0 && i < 1000; i++) {
		if (access(path, F_OK) == 0)
			return pid;
		usleep(20000);
	}
	return -1;
}

bool token_setting_serve_end(const struct token_setting *s, pid_t server)
{
	char path[256];

	return kill(-server, SIGKILL) == 0 && waitpid(server, NULL, 0) == server &&
	       server_address(s, path) && (unlink(path) == 0 || access(path, F_OK) != 0);
}

bool token_setting_tool(const struct token_setting *s, const char *verb, const char *first,
	const char *second, char *out, size_t room)
{
	const char *const argv[] = {s->tool, s->uri, verb, first, second, NULL};

	return token_setting_run(argv, out, room);
}
