#include "tools/measure/measure.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/measure/predict.h"

static const char help[] =
	"usage: protostar measure predict [OPTION...] FILE\n"
	"\n"
	"Predicts PCRs 4, 9, 11, 12, 13 and 15 of a boot, from a disk image or a UKI alone.\n"
	"\n"
	"  --bank NAME    sha256 (default), sha384, sha512 or sha1\n"
	"  --phase NAME   join (default): as the node joins; booted: once init runs\n"
	"  --events       list the events too, in the order in which they are extended\n"
	"  --json         JSON in Constellation's shape\n"
	"  --help         this text\n";

enum { OPT_BANK = 1, OPT_PHASE, OPT_EVENTS, OPT_JSON, OPT_HELP };

static const struct option words[] = {
	{"bank", required_argument, NULL, OPT_BANK},
	{"phase", required_argument, NULL, OPT_PHASE},
	{"events", no_argument, NULL, OPT_EVENTS},
	{"json", no_argument, NULL, OPT_JSON},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct request {
	uint16_t alg;
	enum predict_phase phase;
	bool events, json;
	const char *path;
};

static bool set_bank(struct request *r, const char *name)
{
	static const struct {
		const char *name;
		uint16_t alg;
	} banks[] = {{"sha256", DIGEST_SHA256}, {"sha384", DIGEST_SHA384},
		{"sha512", DIGEST_SHA512}, {"sha1", DIGEST_SHA1}};

	for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
		if (strcmp(banks[i].name, name) == 0) {
			r->alg = banks[i].alg;
			return true;
		}
	}
	return complain("--bank %s: it takes sha256, sha384, sha512 or sha1", name);
}

static bool set_phase(struct request *r, const char *name)
{
	if (strcmp(name, "join") != 0 && strcmp(name, "booted") != 0)
		return complain("--phase %s: it takes join or booted", name);
	r->phase = strcmp(name, "join") == 0 ? PHASE_JOIN : PHASE_BOOTED;
	return true;
}

/* -1 to go on, otherwise the exit code. */
static int read_words(int argc, char **argv, struct request *r)
{
	int code;

	while ((code = getopt_long(argc, argv, "", words, NULL)) != -1) {
		bool fine = true;

		if (code == OPT_HELP) {
			fputs(help, stdout);
			return EXIT_DONE;
		}
		if (code == OPT_BANK)
			fine = set_bank(r, optarg);
		else if (code == OPT_PHASE)
			fine = set_phase(r, optarg);
		else if (code == OPT_EVENTS)
			r->events = true;
		else if (code == OPT_JSON)
			r->json = true;
		else
			fine = false;
		if (!fine)
			return EXIT_MISUSE;
	}
	if (optind != argc - 1) {
		complain("measure predict takes one file (protostar measure --help)");
		return EXIT_MISUSE;
	}
	if (r->events && r->json) {
		complain("--events is for people: it does not go with --json");
		return EXIT_MISUSE;
	}
	r->path = argv[optind];
	return -1;
}

static void print_events(const struct prediction *p)
{
	char hex[2 * DIGEST_MAX + 1];

	printf("%3s  %-10s  %-*s  %s\n", "PCR", "type", (int)(2 * p->digest_len), "digest", "what");
	for (size_t i = 0; i < p->count; i++) {
		hex_encode(p->events[i].digest, p->digest_len, hex);
		printf("%3u  0x%08x  %s  %s\n", p->events[i].pcr, p->events[i].type, hex,
			p->events[i].text);
	}
	putchar('\n');
}

static void print_pcrs(const struct prediction *p)
{
	char hex[2 * DIGEST_MAX + 1];

	for (size_t i = 0; i < predicted_pcr_count; i++) {
		hex_encode(p->pcrs[predicted_pcrs[i]], p->digest_len, hex);
		printf("%3u  %s\n", predicted_pcrs[i], hex);
	}
}

static int print(const struct prediction *p, const struct request *r)
{
	struct bytes json = {0};

	if (r->events)
		print_events(p);
	if (r->json) {
		predict_to_json(p, &json);
		fwrite(json.data, 1, json.len, stdout);
		bytes_free(&json);
	} else {
		print_pcrs(p);
	}
	if (fflush(stdout) || ferror(stdout)) {
		complain("cannot write the result");
		return EXIT_REFUSED;
	}
	return EXIT_DONE;
}

static int predict_command(int argc, char **argv)
{
	struct request r = {.alg = DIGEST_SHA256, .phase = PHASE_JOIN};
	struct bytes uki = {0};
	struct prediction p;
	int code = read_words(argc, argv, &r);

	if (code >= 0)
		return code;
	code = EXIT_REFUSED;
	if (image_read_uki(r.path, &uki) && predict_uki(uki.data, uki.len, r.alg, r.phase, &p))
		code = print(&p, &r);
	bytes_free(&uki);
	return code;
}

int measure_command(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "predict") == 0)
		return predict_command(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	complain("measure takes \"predict\" (protostar measure --help)");
	return EXIT_MISUSE;
}
