/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node that waits for its operator, and the operator's command: for tests of protostar init and
 * recover. The node's side is the tests' client (tests/interop/serve) on a connection that it has
 * accepted; folder, machines and policy are those of tests/interop/serve/setting.h.
 */
#ifndef TESTS_INTEROP_OPERATOR_SCENE_H
#define TESTS_INTEROP_OPERATOR_SCENE_H

#include "tests/interop/serve/setting.h"

struct scene {
	int listener;
	char address[32]; /* 127.0.0.1:PORT */
	char key[128], state[160], out[128];
	uint8_t pin[32]; /* of the operator's key */
	pid_t pid;	 /* of the command; 0: none is running */
};

extern struct scene scene;

/* After setting_open(): the operator's key, and a port that the node listens on. */
void scene_open(void);
void scene_close(void);
/* The node listens, on a port of its own; once more, after a test has closed that one. */
void scene_listen(void);
/* Starts the command with these words behind those that every one has; NULL-terminated. */
void scene_begin(const char *verb, const char *const *args);
/* `init` with the scene's state folder and the setting's policy. */
void scene_init(void);
/* Waits for the command's end; its exit code. */
int scene_end(void);
void scene_kill(void);
/* True when the command's output holds the text. */
bool scene_said(const char *text);
/* The next connection that the operator makes; -1 when none comes. */
int scene_accept(void);
/* The same, through TLS with the operator's pin and up to HELLO; ends the program otherwise. */
void scene_connect(struct client *c, uint8_t purpose);
/* The same, and evidence. The caller closes c. */
void scene_join(struct client *c, uint8_t purpose, struct machine *m, const uint8_t *disk,
	struct outcome *out);

#endif
