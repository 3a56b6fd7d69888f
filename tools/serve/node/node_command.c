/* `protostar node`: from the command line to one of its verbs. */
#include "tools/serve/node/node.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tools/lib/report.h"
#include "tools/serve/node/audit_command.h"
#include "tools/serve/node/node_command.h"

static const char help[] =
	"usage: protostar node list --state DIR [--full] [--json]\n"
	"       protostar node show NAME --state DIR [--json]\n"
	"       protostar node forget NAME --state DIR\n"
	"       protostar node rebind DISK NODE --state DIR\n"
	"       protostar node accept NAME --state DIR\n"
	"       protostar node allow-format DISK --state DIR\n"
	"       protostar node backup FOLDER --state DIR [--kek FILE]\n"
	"       protostar node audit FILE...\n"
	"\n"
	"Shows and changes what the join service knows of nodes and disks; it may be running.\n"
	"NAME is a node's name (of its endorsement key) or a disk's identifier, in hex, or the\n"
	"beginning of one: 8 digits at least where something is changed. Changes enter the\n"
	"audit record.\n"
	"\n"
	"  list, show    the nodes and their disks; with --json an array of objects\n"
	"  --full        list nodes with their whole names, as policy's \"revoked\" wants them\n"
	"  forget        node and disk are as if they had never joined. What is on the disk\n"
	"                cannot be opened any more; it is formatted again only when it is blank\n"
	"  rebind        the disk now belongs to NODE (its whole name), whose TPM is another\n"
	"  accept        whatever firmware, settings and keys the node's next join comes with\n"
	"                are its own from then on\n"
	"  allow-format  the disk (its whole identifier) may be formatted once although it is\n"
	"                not blank: all that is on it is lost\n"
	"  backup        a consistent copy of keys, store and audit record in a new folder\n"
	"  audit         checks the files of an audit record; see protostar node audit --help\n"
	"  --state DIR   the service's folder\n"
	"  --kek FILE    its key-encryption keys; default DIR/kek\n"
	"  --help        this text\n";

struct verb {
	const char *name;
	int words; /* behind it */
	struct failure (*run)(const struct node_request *r);
};

static const struct verb verbs[] = {
	{"list", 0, node_list},
	{"show", 1, node_show},
	{"forget", 1, node_forget},
	{"rebind", 2, node_rebind},
	{"accept", 1, node_accept},
	{"allow-format", 1, node_allow_format},
	{"backup", 1, node_backup},
};

struct failure node_store(const struct node_request *r, enum store_mode mode, struct store **out)
{
	char path[PATH_MAX];

	TRY_FAILURE(state_path(r->state, STORE_FILE, path, sizeof(path)));
	return store_open(path, mode, out);
}

static const struct verb *find_verb(const char *name, int words)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return verbs[i].words == words ? &verbs[i] : NULL;
	return NULL;
}

int node_main(int argc, char **argv)
{
	static const struct option long_options[] = {{"state", required_argument, NULL, 's'},
		{"kek", required_argument, NULL, 'k'}, {"json", no_argument, NULL, 'j'},
		{"full", no_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'}, {0}};
	struct node_request r = {0};
	const struct verb *verb;
	struct failure f;
	int option;

	if (argc > 1 && strcmp(argv[1], "audit") == 0)
		return audit_command(argc - 1, argv + 1);
	optind = 1;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_DONE;
		}
		if (option == 's')
			r.state = optarg;
		else if (option == 'k')
			r.kek = optarg;
		else if (option == 'j')
			r.json = true;
		else if (option == 'f')
			r.full = true;
		else
			return EXIT_MISUSE;
	}
	verb = optind < argc ? find_verb(argv[optind], argc - optind - 1) : NULL;
	if (!verb || !r.state) {
		fputs(help, stderr);
		return EXIT_MISUSE;
	}
	r.name = verb->words > 0 ? argv[optind + 1] : NULL;
	r.other = verb->words > 1 ? argv[optind + 2] : NULL;
	f = verb->run(&r);
	if (!f.happened)
		return EXIT_DONE;
	complain("%s", f.text);
	return EXIT_REFUSED;
}
