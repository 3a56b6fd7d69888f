/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/operator/scene.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/lib/hex.h"

#define WORDS_MAX 24
#define WAIT_MS	  120000 /* on a busy machine; only a test that fails waits so long */

struct scene scene;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "the scene: %s\n", what);
	exit(1);
}

static char *read_out(void)
{
	FILE *f = fopen(scene.out, "r");
	char *text = calloc(1, 1 << 16);

	must(f && text, "no output");
	text[fread(text, 1, (1 << 16) - 1, f)] = 0;
	fclose(f);
	return text;
}

bool scene_said(const char *text)
{
	char *all = read_out();
	bool found = strstr(all, text);

	if (!found)
		fprintf(stderr, "it said: %s", all);
	free(all);
	return found;
}

static void make_key(void)
{
	const char *const args[] = {"init", "--pin", "--key", scene.key, NULL};
	char *text;

	must(service_run(&at.service, scene.out, args) == 0, "no operator's key");
	text = read_out();
	must(strncmp(text, "pin: ", 5) == 0 && hex_decode_text(text + 5, 64, scene.pin, 32),
		"no pin");
	free(text);
}

void scene_listen(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	scene.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(scene.listener >= 0 && bind(scene.listener, (struct sockaddr *)&a, len) == 0 &&
			listen(scene.listener, 8) == 0 &&
			getsockname(scene.listener, (struct sockaddr *)&a, &len) == 0,
		"no port to listen on");
	snprintf(scene.address, sizeof(scene.address), "127.0.0.1:%u", ntohs(a.sin_port));
}

void scene_open(void)
{
	snprintf(scene.key, sizeof(scene.key), "%s/operator.der", at.folder);
	snprintf(scene.state, sizeof(scene.state), "%s/first", at.folder);
	snprintf(scene.out, sizeof(scene.out), "%s/operator.out", at.folder);
	make_key();
	scene_listen();
}

void scene_close(void)
{
	if (scene.pid)
		scene_kill();
	close(scene.listener);
}

void scene_begin(const char *verb, const char *const *args)
{
	const char *words[WORDS_MAX] = {verb, "--key", scene.key, "--node", scene.address};
	size_t n = 5;

	while (*args && n < WORDS_MAX - 1)
		words[n++] = *args++;
	scene.pid = service_launch(&at.service, scene.out, words);
	must(scene.pid > 0, "the command does not start");
}

void scene_init(void)
{
	const char *const args[] = {
		"--state", scene.state, "--policy", at.service.policy, "--json", NULL};

	scene_begin("init", args);
}

int scene_end(void)
{
	int code = service_wait(scene.pid);

	scene.pid = 0;
	return code;
}

void scene_kill(void)
{
	kill(scene.pid, SIGKILL);
	(void)scene_end();
}

int scene_accept(void)
{
	struct pollfd p = {.fd = scene.listener, .events = POLLIN};

	return poll(&p, 1, WAIT_MS) == 1 ? accept(scene.listener, NULL, NULL) : -1;
}

void scene_connect(struct client *c, uint8_t purpose)
{
	int fd = scene_accept();

	must(fd >= 0 && client_open(c, fd, scene.pin), "no HELLO from the operator");
	c->purpose = purpose;
}

void scene_join(struct client *c, uint8_t purpose, struct machine *m, const uint8_t *disk,
	struct outcome *out)
{
	struct evidence e;

	scene_connect(c, purpose);
	evidence_make(&e, c, m, disk);
	client_join(c, &e, m, out);
	evidence_free(&e);
}
