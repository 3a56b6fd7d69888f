/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar keys` as a process of its own, and what is asked of it byte by byte. */
#ifndef TESTS_INTEROP_KEYS_KEYS_PROCESS_H
#define TESTS_INTEROP_KEYS_KEYS_PROCESS_H

#include <signal.h>
#include <sys/types.h>

#include "crypto/kem.h"
#include "tools/keys/message.h"

/* With these arguments behind `protostar keys`, NULL-terminated; its messages go to `log`. */
pid_t keys_start(const char *program, const char *log, int connection, const char *const *args);
/* The exit code, 128 and a signal's number, or -1 when it does not end in a minute. */
int keys_wait(pid_t pid);
/* The same, after a signal. */
int keys_stop(pid_t pid, int signal);

/* A connection to its socket, within a minute of its start; -1 when it ends or does not listen. */
int keys_connect(const char *path);
/* Reads and writes give up after a minute. */
void keys_patience(int fd);

/* Sends the bytes; false when the other end is gone. */
bool keys_send(int fd, const void *bytes, size_t len);
/* Reads a frame into a buffer of its own; false: the connection ended. */
bool keys_hear(int fd, struct keys_frame *out);
/* True when the connection ended without a byte. */
bool keys_ended(int fd);
/* Asks and hears the answer; true when it has this type. */
bool keys_ask(int fd, const void *bytes, size_t len, enum keys_type answer, struct keys_frame *out);
/* A STATUS is answered: the service lives. */
bool keys_lives(int fd);

/* A request of a disk of tenant "default" that can be answered, to the node's key. */
struct key_request keys_request(const struct kem_pair *node);
/* It as one frame; the length. */
size_t keys_encode(const struct key_request *r, uint64_t number, uint8_t out[KEYS_REQUEST_MAX]);
/* What was sealed to the node by that request; the caller frees it. */
bool keys_open_sealed(const struct kem_pair *node, const struct key_request *r,
	const struct keys_frame *answer, struct secret *out);

/* Whether the file holds the text. */
bool keys_file_has(const char *path, const char *text);

#endif
