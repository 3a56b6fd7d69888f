/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "tools/lib/file.h"
#include "tools/lib/report.h"
#include "tools/measure/measure.h"
#include "tools/measure/output/output.h"
#include "tools/measure/replay.h"
#include "tools/measure/request.h"

struct options {
	const char *log;
	unsigned banks; /* 0: every bank of the log */
	bool events, json, ccel;
};

static const struct option_row rows[] = {
	{"bank", "NAMES", OPTION_TEXT, OPTION_INTO(struct options, banks),
		.take = request_take_banks, .repeat = true, .choices = request_bank_names,
		.help = "sha1, sha256, sha384, sha512, all; default: every bank of the log"},
	{"events", .kind = OPTION_FLAG, OPTION_INTO(struct options, events),
		.help = "the events of each register too. Their text is the log's own word: it is "
			"marked \"claimed\" unless its hash is what was measured"},
	{"json", .kind = OPTION_FLAG, OPTION_INTO(struct options, json),
		.help = "{\"sha256\":{\"0\":\"hex\",...},...}"},
	{"ccel", .kind = OPTION_FLAG, OPTION_INTO(struct options, ccel),
		.help = "the log is a confidential VM's (default: as its first record says)"},
	{0},
};

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

static bool print(const struct replayed *r, const struct options *options)
{
	struct bytes text = {0};

	if (r->older)
		report_error(
			"note: %s is " EVENT_LOG_OLDER ": no policy takes these values", r->path);
	if (options->json)
		replay_json(r, options->events, &text);
	else
		replay_table(r, options->events, output_colour(STDOUT_FILENO), &text);
	fwrite(text.data, 1, text.len, stdout);
	bytes_free(&text);
	return !(fflush(stdout) || ferror(stdout)) || complain("cannot write the result");
}

static int run(int argc, char **argv)
{
	struct options options = {0};
	struct replayed *r;
	struct bytes log = {0};
	int code = command_read(&replay_command, argc, argv, &options);

	if (code >= 0)
		return code;
	code = EXIT_MISUSE;
	r = must_alloc(sizeof(*r));
	*r = (struct replayed){.path = options.log, .cc = options.ccel};
	if (file_read(r->path, EVENT_LOG_BYTES_MAX, &log)) {
		r->bytes = log.data;
		r->len = log.len;
		if (replayed_read(r, options.banks))
			code = print(r, &options) ? EXIT_DONE : EXIT_REFUSED;
	}
	bytes_free(&log);
	free(r);
	return code;
}

const struct command replay_command = {
	.name = "measure replay",
	.summary = "the registers that an event log leads to",
	.about = "The registers that an event log leads to. LOG is a file, or - for standard "
		 "input. A TPM's is /sys/kernel/security/tpm0/binary_bios_measurements, a TDX "
		 "guest's /sys/firmware/acpi/tables/data/CCEL.",
	.groups = {{.rows = rows}},
	.operands = {{"LOG", OPTION_FILE, OPTION_INTO(struct options, log)}},
	.notes = "A log of TPM 1.2's older form has SHA-1 digests alone and leads to values of "
		 "that bank. Zeros or 0xff behind the last record are no part of a log.\n\nA log "
		 "proves nothing by itself: compare the registers with those that a TPM has "
		 "signed.",
	.run = run,
};
