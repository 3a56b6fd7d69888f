/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lib/report.h"

#define LISTEN_DEFAULT	    "127.0.0.1:7443"
#define CONNECTIONS_DEFAULT 4096u
#define CONNECTIONS_MAX	    65536u
#define PER_SOURCE_DEFAULT  64u
#define PCR_COUNT	    24u
#define EVIDENCE_PCRS	    (1u << 0 | 1u << 2 | 1u << 4 | 1u << 7)

static bool take_listen(void *into, const struct option_use *use)
{
	struct options *o = into;

	o->listen_given = true;
	return address_parse(use->value, &o->listen) ||
	       option_refuse(use, "it must be ADDR:PORT with a literal IPv4 or [IPv6] address");
}

static bool take_evidence(void *into, const struct option_use *use)
{
	struct options *o = into;

	o->evidence = use->value;
	return strcmp(use->value, "tpm") == 0 ||
	       (strncmp(use->value, "tpm:", 4) == 0 && use->value[4]) ||
	       option_refuse(use, "it must be tpm, or tpm: and a TCTI of tpm2-tss");
}

static bool take_evidence_pcrs(void *into, const struct option_use *use)
{
	struct options *o = into;
	const char *at = use->value;
	char *end;

	o->evidence_pcrs = 0;
	for (;;) {
		unsigned long pcr = *at >= '0' && *at <= '9' ? strtoul(at, &end, 10) : PCR_COUNT;

		if (pcr >= PCR_COUNT || (*end && *end != ','))
			return option_refuse(use, "it must be numbers from 0 to 23 with commas");
		o->evidence_pcrs |= 1u << pcr;
		if (!*end)
			return true;
		at = end + 1;
	}
}

const struct option_row serve_rows[] = {
	{"state", "DIR", OPTION_FOLDER, OPTION_INTO(struct options, state), .required = true,
		.help = "where the service keeps its key, KEKs, store and audit record; only "
			"--init makes it"},
	{"policy", "FILE", OPTION_FILE, OPTION_INTO(struct options, policy),
		.help = "which measurements may join; read again on SIGHUP"},
	{"found", "FOLDER", OPTION_FOLDER, OPTION_INTO(struct options, found.handoff),
		.help = "on a first node: make the state folder, where there is none, of what "
			"protostar init has left there (/run/protostar), policy too, and serve"},
	{"bundle", "FILE", OPTION_FILE, OPTION_INTO(struct options, found.bundle),
		.help = "on a standby: make the state folder, where there is none, of what "
			"protostar node export --service wrote, policy too, and serve"},
	{"bundle-passphrase-file", "FILE", OPTION_FILE,
		OPTION_INTO(struct options, found.passphrase), .help = "opens the bundle"},
	{"listen", "ADDR:PORT", OPTION_TEXT, .take = take_listen,
		.help = "default " LISTEN_DEFAULT ", which only this machine reaches; [::]:7443 is "
			"everybody; port 0 takes any free one"},
	{"kek", "FILE", OPTION_FILE, OPTION_INTO(struct options, keys.kek),
		.help = "key-encryption keys: a file, or pkcs11:... for a token; default DIR/kek"},
	{"passphrase-file", "FILE", OPTION_FILE, OPTION_INTO(struct options, keys.passphrase_file),
		.help = "what opens key-encryption keys that are encrypted"},
	{"token-network", .kind = OPTION_FLAG, OPTION_INTO(struct options, keys.token_network),
		.help = "let a token's module use the network"},
	{"keys", "SOCKET", OPTION_FILE, OPTION_INTO(struct options, keys.socket),
		.help = "the key service that listens there, in place of one of its own"},
	{"max-connections", "N", OPTION_NUMBER, OPTION_INTO(struct options, limits.connections),
		.min = 1, .max = CONNECTIONS_MAX,
		.help = "at once, default 4096; 260 KiB of memory each at most"},
	{"max-per-source", "N", OPTION_NUMBER, OPTION_INTO(struct options, limits.per_source),
		.min = 1, .max = CONNECTIONS_MAX,
		.help = "at once from one IPv4 address or IPv6 /64, default 64"},
	{"metrics", "FILE", OPTION_FILE, OPTION_INTO(struct options, metrics),
		.help = "counters of decisions, in Prometheus' text format, for its node exporter"},
	{"json", .kind = OPTION_FLAG, OPTION_INTO(struct options, json),
		.help = "log JSON objects, one a line; with --init and --pin: the pin in an "
			"object"},
	{"init", .kind = OPTION_FLAG, OPTION_INTO(struct options, init),
		.help = "make what is missing, print the pin for nodes, and stop"},
	{"pin", .kind = OPTION_FLAG, OPTION_INTO(struct options, pin),
		.help = "print the pin for nodes and stop; the service may be running"},
	{"evidence", "tpm[:TCTI]", OPTION_TEXT, .take = take_evidence,
		.help = "prove this machine, by its TPM, to nodes that want it "
			"(protostar.service.evidence)"},
	{"evidence-pcrs", "LIST", OPTION_TEXT, .take = take_evidence_pcrs,
		.help = "PCRs of this machine that it proves, default 0,2,4,7"},
	{"evidence-option", .kind = OPTION_FLAG, OPTION_INTO(struct options, evidence_option),
		.help = "with --evidence: print the value of protostar.service.evidence for nodes "
			"and stop"},
	{0},
};

static bool becomes_service(const struct options *o)
{
	return o->found.handoff || o->found.bundle;
}

static bool check_found(const struct command *command, const struct options *o)
{
	if (becomes_service(o) && (o->init || o->pin || o->evidence_option))
		command_refuse(command, "--found and --bundle serve: they go with none of --init, "
					"--pin and --evidence-option");
	else if (o->found.handoff && o->found.bundle)
		command_refuse(command, "give one of --found and --bundle");
	else if (!o->found.bundle != !o->found.passphrase)
		command_refuse(command, "--bundle goes with --bundle-passphrase-file");
	else
		return true;
	return false;
}

int serve_options(const struct command *command, int argc, char **argv, struct options *out)
{
	struct options o = {.limits = {CONNECTIONS_DEFAULT, PER_SOURCE_DEFAULT},
		.evidence_pcrs = EVIDENCE_PCRS};
	int code;

	(void)address_parse(LISTEN_DEFAULT, &o.listen);
	code = command_read(command, argc, argv, &o);
	if (code >= 0)
		return code;
	if (o.evidence_option && (!o.evidence || o.init || o.pin)) {
		command_refuse(command,
			"--evidence-option goes with --evidence, and not with --init or "
			"--pin");
		return EXIT_MISUSE;
	}
	if (!check_found(command, &o))
		return EXIT_MISUSE;
	if (!o.policy && !becomes_service(&o) && !o.init && !o.pin && !o.evidence_option) {
		command_refuse(command, "--policy is missing");
		return EXIT_MISUSE;
	}
	if (o.keys.socket && (o.keys.kek || o.keys.passphrase_file || o.keys.token_network)) {
		command_refuse(command,
			"with --keys the keys are that service's: give it --kek and what belongs "
			"to it");
		return EXIT_MISUSE;
	}
	if (o.init && o.pin) {
		command_refuse(command, "--init prints the pin, too: give one of --init and --pin");
		return EXIT_MISUSE;
	}
	*out = o;
	return -1;
}
