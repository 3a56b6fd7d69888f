#include "tools/serve/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tools/lib/number.h"
#include "tools/lib/report.h"

#define LISTEN_DEFAULT	    "127.0.0.1:7443"
#define CONNECTIONS_DEFAULT 4096u
#define CONNECTIONS_MAX	    65536u
#define PER_SOURCE_DEFAULT  64u

static const char help[] =
	"usage: protostar serve --state DIR --policy FILE [OPTION]...\n"
	"       protostar serve --state DIR --init | --pin [--json]\n"
	"\n"
	"Runs the join service: nodes that prove a measured state which the policy allows get\n"
	"the key of their disk.\n"
	"\n"
	"  --state DIR             where the service keeps its key, KEKs, store and audit record;\n"
	"                          only --init makes it\n"
	"  --policy FILE           which measurements may join; read again on SIGHUP\n"
	"  --listen ADDR:PORT      default " LISTEN_DEFAULT ", which only this machine reaches;\n"
	"                          [::]:7443 is everybody; port 0 takes any free one\n"
	"  --kek FILE              key-encryption keys; default DIR/kek\n"
	"  --max-connections N     at once, default 4096; 190 KiB of memory each at most\n"
	"  --max-per-source N      at once from one IPv4 address or IPv6 /64, default 64\n"
	"  --json                  log JSON objects, one a line\n"
	"                          with --init and --pin: the pin in an object\n"
	"  --init                  make what is missing, print the pin for nodes, and stop\n"
	"  --pin                   print the pin for nodes and stop; the service may be running\n"
	"  --help                  this text\n";

enum {
	OPT_STATE = 1,
	OPT_POLICY,
	OPT_LISTEN,
	OPT_KEK,
	OPT_MAX,
	OPT_SOURCE,
	OPT_JSON,
	OPT_INIT,
	OPT_PIN,
	OPT_HELP
};

static const struct option long_options[] = {
	{"state", required_argument, NULL, OPT_STATE},
	{"policy", required_argument, NULL, OPT_POLICY},
	{"listen", required_argument, NULL, OPT_LISTEN},
	{"kek", required_argument, NULL, OPT_KEK},
	{"max-connections", required_argument, NULL, OPT_MAX},
	{"max-per-source", required_argument, NULL, OPT_SOURCE},
	{"json", no_argument, NULL, OPT_JSON},
	{"init", no_argument, NULL, OPT_INIT},
	{"pin", no_argument, NULL, OPT_PIN},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static bool parse_count(const char *option, const char *text, size_t *out)
{
	uint64_t count;

	if (!number_read(option, text, 10, 1, CONNECTIONS_MAX, &count))
		return false;
	*out = count;
	return true;
}

static bool take_option(int option, struct options *o)
{
	switch (option) {
	case OPT_STATE:
		o->state = optarg;
		return true;
	case OPT_POLICY:
		o->policy = optarg;
		return true;
	case OPT_LISTEN:
		o->listen_given = true;
		return address_parse(optarg, &o->listen) ||
		       complain("--listen must be ADDR:PORT with a literal IPv4 or [IPv6] address");
	case OPT_KEK:
		o->kek = optarg;
		return true;
	case OPT_MAX:
		return parse_count("--max-connections", optarg, &o->limits.connections);
	case OPT_SOURCE:
		return parse_count("--max-per-source", optarg, &o->limits.per_source);
	case OPT_JSON:
		o->json = true;
		return true;
	case OPT_INIT:
		o->init = true;
		return true;
	case OPT_PIN:
		o->pin = true;
		return true;
	default:
		return false; /* getopt has complained */
	}
}

enum options_result options_parse(int argc, char **argv, struct options *out)
{
	struct options o = {.limits = {CONNECTIONS_DEFAULT, PER_SOURCE_DEFAULT}};
	int option;

	(void)address_parse(LISTEN_DEFAULT, &o.listen);
	optind = 1;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == OPT_HELP) {
			fputs(help, stdout);
			return OPTIONS_HELP;
		}
		if (!take_option(option, &o))
			return OPTIONS_BAD;
	}
	if (optind < argc) {
		complain("serve takes no argument \"%s\"", argv[optind]);
		return OPTIONS_BAD;
	}
	if (!o.state || (!o.policy && !o.init && !o.pin)) {
		complain("serve needs --state and --policy; see protostar serve --help");
		return OPTIONS_BAD;
	}
	if (o.init && o.pin) {
		complain("--init prints the pin, too: give one of --init and --pin");
		return OPTIONS_BAD;
	}
	*out = o;
	return OPTIONS_GOOD;
}
