/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar serve`: from the command line to the event loop and back. */
#include "tools/serve/serve.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/serve/keys/identity.h"
#include "tools/serve/net/notify.h"
#include "tools/serve/found.h"
#include "tools/serve/options.h"
#include "tools/serve/join/state.h"
#include "tools/serve/join/standing.h"

/* Two policies' join material during a reload, the service's keys, and small change. */
#define SECRETS_BYTES (2u * JOIN_MATERIAL_MAX + (64u << 10))
#define SPARE_FILES   64u /* descriptors that are not connections */

/* A core dump would hold every key. */
static struct failure harden(const struct options *o)
{
	const struct rlimit none = {0, 0};
	struct status opened;

	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return refuse("core dumps cannot be turned off");
	/* A log that nobody reads any more and a file that may not grow are errors, not the end. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	opened = secret_pool_open(SECRETS_BYTES);
	if (failed(opened))
		return refuse("no locked memory (E%u): raise RLIMIT_MEMLOCK above %u KiB",
			opened.code, SECRETS_BYTES >> 10);
	opened = random_open();
	if (failed(opened))
		return refuse("no random bytes (E%u)", opened.code);
	return tls_library_start(o->limits.connections);
}

/* As many file descriptors as connections need; fewer connections where there are fewer. */
static void fit_limits(struct options *o, struct log *log)
{
	struct rlimit files;
	struct log_line l;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files))
		getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur >= o->limits.connections + SPARE_FILES)
		return;
	o->limits.connections = files.rlim_cur > SPARE_FILES ? files.rlim_cur - SPARE_FILES : 1;
	log_begin(log, &l, "limited");
	log_number(&l, "connections", o->limits.connections);
	log_text(&l, "text", "no more at once: raise RLIMIT_NOFILE for --max-connections");
	log_end(log, &l);
}

static void pin_text(const struct key_pair *identity, char out[65])
{
	uint8_t pin[32];

	identity_pin(identity, pin);
	hex_encode(pin, sizeof(pin), out);
}

/* Where it listens, if that is not what was asked for, or nothing was. */
static void announce_address(struct service *s, const struct options *o, const char *address)
{
	if (!o->listen_given)
		log_message(&s->log, "loopback-only",
			"only this machine can connect: give --listen, [::]:7443 for everybody");
	if (IN6_IS_ADDR_UNSPECIFIED(&o->listen.sin6_addr) && address[0] != '[')
		log_message(&s->log, "no-ipv6", "the kernel has no IPv6: listening on IPv4 alone");
}

static void announce(struct service *s, const struct options *o, const struct server *server)
{
	char address[ADDRESS_TEXT_MAX], pin[65];
	struct log_line l;

	server_address(server, address);
	pin_text(&s->identity, pin);
	log_begin(&s->log, &l, "started");
	log_text(&l, "address", address);
	log_text(&l, "pin", pin);
	log_number(&l, "epoch", s->policy->epoch);
	log_number(&l, "sets", s->policy->set_count);
	log_end(&s->log, &l);
	announce_address(s, o, address);
	/* What scripts wait for; in --json mode the event above is it. */
	if (!s->log.json)
		dprintf(s->log.fd, "listening on %s\n", address);
	notify("READY=1");
}

static struct failure serve(struct options *o, struct service *s)
{
	struct server *server = NULL;
	struct log_line l;
	struct failure f;

	if (o->metrics)
		TRY_FAILURE(metrics_open(&s->metrics, o->metrics));
	fit_limits(o, &s->log);
	TRY_FAILURE(tls_server_open(&s->identity, &s->tls));
	TRY_FAILURE(server_open(&o->listen, &o->limits, s, o->policy, &server));
	announce(s, o, server);
	f = server_run(server);
	log_begin(&s->log, &l, "stopped");
	log_number(&l, "uncommitted", server_granted(server));
	log_text(&l, "text", f.happened ? f.text : "on request");
	log_end(&s->log, &l);
	server_close(server);
	standing_count(s, true);
	metrics_close(&s->metrics, &s->log);
	return f;
}

static void print_pin(const struct options *o, const struct key_pair *identity)
{
	char pin[65];

	pin_text(identity, pin);
	printf(o->json ? "{\"pin\":\"%s\"}\n" : "pin: %s\n", pin);
}

/* Only the key is opened, so the service may be running. */
static struct failure show_pin(const struct options *o)
{
	struct key_pair identity;

	TRY_FAILURE(state_identity(o->state, &identity));
	print_pin(o, &identity);
	key_free(&identity);
	return failure_none();
}

static struct failure open_own(const struct options *o, struct own_tpm **out)
{
	const char *tcti = o->evidence[3] == ':' ? o->evidence + 4 : NULL;

	return own_tpm_open(tcti, o->evidence_pcrs, out);
}

/* As the machine is now; the service may be running. */
static struct failure show_evidence_option(const struct options *o)
{
	char option[OWN_OPTION_MAX];
	struct own_tpm *own;
	struct failure f;

	TRY_FAILURE(open_own(o, &own));
	f = own_tpm_option(own, option);
	own_tpm_close(own);
	if (!f.happened)
		printf(o->json ? "{\"evidence\":\"%s\"}\n" : "protostar.service.evidence=%s\n",
			option);
	return f;
}

/* The folder of a node that becomes the service, and the policy in it unless one was given. */
static struct failure found(struct options *o, struct service *s, char policy[PATH_MAX])
{
	bool made;

	o->found.kek = o->keys.kek;
	TRY_FAILURE(found_state(&o->found, o->state, &made));
	if (made)
		log_message(&s->log, "founded", "this node is the service from now on");
	if (o->policy)
		return failure_none();
	o->policy = policy;
	return state_path(o->state, FOUND_POLICY, policy, PATH_MAX);
}

static struct failure open_and_run(struct options *o, struct service *s)
{
	static char policy[PATH_MAX]; /* o->policy borrows it: as long as the service runs */

	if (o->pin)
		return show_pin(o);
	if (o->evidence_option)
		return show_evidence_option(o);
	if (o->found.handoff || o->found.bundle)
		TRY_FAILURE(found(o, s, policy));
	if (!o->init) {
		TRY_FAILURE(policy_load(o->policy, &s->policy));
		o->keys.tenant = s->policy->tenant;
	}
	TRY_FAILURE(state_open(o->state, &o->keys, o->init, s));
	if (!o->init && o->evidence)
		TRY_FAILURE(open_own(o, &s->own));
	if (!o->init)
		return serve(o, s);
	print_pin(o, &s->identity);
	return failure_none();
}

static int run(int argc, char **argv)
{
	struct options o;
	struct service s = {.purpose = PURPOSE_JOIN, .log = {.fd = STDOUT_FILENO}};
	int code = serve_options(&serve_command, argc, argv, &o);
	struct failure f;

	if (code >= 0)
		return code;
	s.log.json = o.json;
	f = harden(&o);
	if (!f.happened)
		f = open_and_run(&o, &s);
	if (f.happened)
		complain("%s", f.text);
	tls_server_close(s.tls);
	own_tpm_close(s.own);
	policy_free(s.policy);
	state_close(&s);
	secret_pool_close();
	return f.happened ? EXIT_REFUSED : EXIT_DONE;
}

const struct command serve_command = {
	.name = "serve",
	.summary = "run the join service, and the key service with it",
	.usage = "--state\tDIR --policy\tFILE [OPTION...]\n"
		 "--state\tDIR --found\tFOLDER [OPTION...]\n--state\tDIR --init | --pin [--json]\n"
		 "--state\tDIR --evidence\ttpm --evidence-option [--json]",
	.about = "Runs the join service: nodes that prove a measured state which the policy allows "
		 "get the key of their disk.",
	.groups = {{.rows = serve_rows}},
	.run = run,
};
