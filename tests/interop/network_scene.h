/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node and a network for it: the node's function runs in a network namespace of its own, with an
 * interface eth0 whose other end is v0 in the test's namespace (10.9.0.1/24, fd00:9::1/64), where
 * a server may answer. Needs root and ip.
 */
#ifndef TESTS_INTEROP_NETWORK_SCENE_H
#define TESTS_INTEROP_NETWORK_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* CHECK()s, and leaves a node's function when anything has failed so far. */
#define REQUIRE_TRUE(cond)            \
	do {                          \
		CHECK(cond);          \
		if (test_failures)    \
			return false; \
	} while (0)

/* Moves the test into a namespace of its own; ends it where that cannot be. */
void scene_namespace(void);
/* A command that must succeed: without it there is no test. */
void scene_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Whether the output of a command contains a text. */
bool scene_shows(const char *command, const char *text);
void scene_delay(unsigned ms);
/* Whether packets go there and back: a port without a server refuses the connection. */
bool scene_reaches(const char *address);

struct scene {
	void (*server)(void);	   /* run on the other end; NULL for none */
	void (*links)(pid_t node); /* in place of eth0 and v0 */
	unsigned link_delay_ms;	   /* before the links are there */
	unsigned server_delay_ms;
	bool no_link;
	bool (*node)(void); /* in the node's namespace */
	unsigned *failures; /* the checks of node() that failed */
};

/* v0 with its addresses, and the node's end of it. */
void scene_link(pid_t node, const char *name);
/* True when the node's function returned true and no check of it failed. */
bool scene_play(const struct scene *s);
#define PLAY(...) scene_play(&(struct scene){.failures = &test_failures, __VA_ARGS__})

/* Becomes dnsmasq on v0 with these words. */
#define DNSMASQ(...) scene_dnsmasq((const char *const[]){__VA_ARGS__, NULL})
void scene_dnsmasq(const char *const *words);

#endif
