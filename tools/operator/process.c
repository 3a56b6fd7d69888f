/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/operator/process.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "crypto/random.h"
#include "tools/lib/hex.h"
#include "tools/serve/keys/identity.h"

/* Keys, a policy's join material, a bundle's, and a grant with it sealed. */
#define SECRETS_BYTES (1u << 20)

static bool take_node(void *into, const struct option_use *use)
{
	struct operator_options *o = into;

	o->node_given = true;
	return (address_parse(use->value, &o->node) && o->node.sin6_port) ||
	       option_refuse(use, "it must be ADDR:PORT with a literal IPv4 or [IPv6] address");
}

const struct option_row operator_rows[] = {
	{"key", "FILE", OPTION_FILE, OPTION_INTO(struct operator_options, key), .required = true,
		.help = "the operator's key, whose pin the node was booted with "
			"(protostar.operator); --pin makes it"},
	{"pin", .kind = OPTION_FLAG, OPTION_INTO(struct operator_options, pin),
		.help = "print the pin of the operator's key, made where there is none, and stop"},
	{"node", "ADDR:PORT", OPTION_TEXT, .take = take_node,
		.help = "where the node listens (protostar.listen)"},
	{"wait", "SECONDS", OPTION_NUMBER, OPTION_INTO(struct operator_options, wait_s), .min = 0,
		.max = 86400, .help = "for the node to listen and to be ready; default 300"},
	{"json", .kind = OPTION_FLAG, OPTION_INTO(struct operator_options, json),
		.help = "the result as an object"},
	{0},
};

/* A core dump would hold every key. */
struct failure process_begin(void)
{
	const struct rlimit none = {0, 0};
	struct status opened;

	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return refuse("core dumps cannot be turned off");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	opened = secret_pool_open(SECRETS_BYTES);
	if (failed(opened))
		return refuse("no locked memory (E%u): raise RLIMIT_MEMLOCK above %u KiB",
			opened.code, SECRETS_BYTES >> 10);
	opened = random_open();
	if (failed(opened))
		return refuse("no random bytes (E%u)", opened.code);
	return tls_library_start(1);
}

void process_end(void)
{
	secret_pool_close();
}

struct failure operator_key(const struct operator_options *o, struct key_pair *out)
{
	return identity_open(o->key, o->pin, out);
}

void operator_print_pin(const struct operator_options *o, const struct key_pair *key)
{
	uint8_t pin[32];
	char text[65];

	identity_pin(key, pin);
	hex_encode(pin, sizeof(pin), text);
	printf(o->json ? "{\"pin\":\"%s\"}\n" : "pin: %s\n", text);
}
