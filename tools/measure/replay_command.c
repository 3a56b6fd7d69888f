#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "tools/lib/file.h"
#include "tools/lib/report.h"
#include "tools/measure/measure.h"
#include "tools/measure/output/output.h"
#include "tools/measure/replay.h"
#include "tools/measure/request.h"

static const char usage[] =
	"usage: protostar measure replay [OPTION...] LOG\n"
	"\n"
	"The registers that an event log leads to. LOG is a file, or - for standard input. A\n"
	"TPM's is /sys/kernel/security/tpm0/binary_bios_measurements, a TDX guest's\n"
	"/sys/firmware/acpi/tables/data/CCEL.\n"
	"\n"
	"  --bank NAMES   sha1, sha256, sha384, sha512, all; default: every bank of the log\n"
	"  --events       the events of each register too. Their text is the log's own word: it\n"
	"                 is marked \"claimed\" unless its hash is what was measured\n"
	"  --json         {\"sha256\":{\"0\":\"hex\",...},...}\n"
	"  --ccel         the log is a confidential VM's (default: as its first record says)\n"
	"  --help         this text\n"
	"\n"
	"A log of TPM 1.2's older form has SHA-1 digests alone and leads to values of that bank.\n"
	"Zeros or 0xff behind the last record are no part of a log.\n"
	"\n"
	"A log proves nothing by itself: compare the registers with those that a TPM has signed.\n";

enum { OPT_BANK = 1, OPT_EVENTS, OPT_JSON, OPT_CCEL, OPT_HELP };

static const struct option words[] = {
	{"bank", required_argument, NULL, OPT_BANK},
	{"events", no_argument, NULL, OPT_EVENTS},
	{"json", no_argument, NULL, OPT_JSON},
	{"ccel", no_argument, NULL, OPT_CCEL},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct wish {
	unsigned banks; /* 0: every bank of the log */
	bool events, json, ccel, help;
};

static bool read_words(int argc, char **argv, struct wish *wish)
{
	int code;

	while ((code = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (code == OPT_BANK && !request_banks(optarg, &wish->banks))
			return false;
		if (code == '?')
			return false;
		wish->events = wish->events || code == OPT_EVENTS;
		wish->json = wish->json || code == OPT_JSON;
		wish->ccel = wish->ccel || code == OPT_CCEL;
		wish->help = wish->help || code == OPT_HELP;
	}
	return wish->help || optind == argc - 1 ||
	       complain("measure replay takes one log (protostar measure replay --help)");
}

bool replayed_open(const struct replayed *r, struct event_log *log)
{
	return r->cc ? event_log_open_cc(log, r->bytes, r->len)
		     : event_log_open(log, r->bytes, r->len);
}

/* The banks of an open log that can be computed here. */
static unsigned banks_of(const struct event_log *log)
{
	unsigned banks = 0;

	for (size_t i = 0; i < log->alg_count; i++) {
		enum bank bank;

		if (bank_by_alg(log->algs[i].alg, &bank))
			banks |= BANK_BIT(bank);
	}
	return banks;
}

static bool replay_bank(struct replayed *r, enum bank bank)
{
	struct event_log log;
	bool fine = replayed_open(r, &log) &&
		    (r->cc ? event_log_replay_cc(&log, &r->rtmr)
			   : event_log_replay_rest(&log, bank_alg(bank), &r->pcr[bank]));

	return fine || flaw_complain(r->path, event_log_flaw(&log));
}

static bool complain_banks(const struct replayed *r, unsigned banks)
{
	char names[BANK_NAMES_SIZE];

	if (r->older)
		return complain("%s is " EVENT_LOG_OLDER ": it leads to no other values", r->path);
	return complain("%s has no digests of a bank that is asked for: it has %s", r->path,
		bank_names(banks, names));
}

bool replayed_read(struct replayed *r, unsigned wanted)
{
	struct event_log log;
	unsigned banks;

	r->cc = r->cc || event_log_is_cc(r->bytes, r->len);
	if (!replayed_open(r, &log))
		return flaw_complain(r->path, event_log_flaw(&log));
	banks = banks_of(&log);
	if (!banks)
		return complain("%s has digests of no bank that is known here", r->path);
	r->older = log.older;
	r->banks = wanted ? wanted : banks;
	if (r->banks & ~banks)
		return complain_banks(r, banks);
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (r->banks & BANK_BIT(bank) && !replay_bank(r, (enum bank)bank))
			return false;
	return true;
}

static bool print(const struct replayed *r, const struct wish *wish)
{
	struct bytes text = {0};

	if (r->older)
		report_error(
			"note: %s is " EVENT_LOG_OLDER ": no policy takes these values", r->path);
	if (wish->json)
		replay_json(r, wish->events, &text);
	else
		replay_table(r, wish->events, output_colour(STDOUT_FILENO), &text);
	fwrite(text.data, 1, text.len, stdout);
	bytes_free(&text);
	return !(fflush(stdout) || ferror(stdout)) || complain("cannot write the result");
}

int replay_command(int argc, char **argv)
{
	struct wish wish = {0};
	struct replayed *r;
	struct bytes log = {0};
	int code = EXIT_MISUSE;

	if (!read_words(argc, argv, &wish))
		return EXIT_MISUSE;
	if (wish.help) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	r = must_alloc(sizeof(*r));
	*r = (struct replayed){.path = argv[optind], .cc = wish.ccel};
	if (file_read(r->path, EVENT_LOG_BYTES_MAX, &log)) {
		r->bytes = log.data;
		r->len = log.len;
		if (replayed_read(r, wish.banks))
			code = print(r, &wish) ? EXIT_DONE : EXIT_REFUSED;
	}
	bytes_free(&log);
	free(r);
	return code;
}
