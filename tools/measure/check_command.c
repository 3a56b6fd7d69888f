/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/measure/check/check_print.h"
#include "tools/measure/check_target.h"
#include "tools/measure/measure.h"
#include "tools/measure/output/format.h"

struct options {
	struct measure_request request;
	const char *log, *ccel, *values, *selection, *set, *target;
	struct quote_files quote;
	bool all, json;
	uint32_t pcrs;
	uint8_t nonce[QUOTE_NONCE_MAX];
	size_t nonce_len;
};

static bool take_nonce(void *into, const struct option_use *use)
{
	struct options *options = into;

	options->nonce_len = strlen(use->value) / 2;
	return (options->nonce_len && options->nonce_len <= sizeof(options->nonce) &&
		       hex_decode(use->value, options->nonce, options->nonce_len)) ||
	       option_refuse(use, "it takes 1 to %u bytes in hexadecimal", QUOTE_NONCE_MAX);
}

static const struct option_row evidence_rows[] = {
	{"log", "FILE", OPTION_FILE, OPTION_INTO(struct options, log), .once = true,
		.help = "its event log (binary_bios_measurements)"},
	{"ccel", "FILE", OPTION_FILE, OPTION_INTO(struct options, ccel), .once = true,
		.help = "a confidential VM's event log (tables/data/CCEL)"},
	{"pcr-values", "FILE", OPTION_PATH, OPTION_INTO(struct options, values), .once = true,
		.help = "PCR values: what tpm2_pcrread, tpm2_eventlog or systemd-analyze pcrs "
			"(--json too) prints, tpm2_quote -o, JSON, or the kernel's folder with "
			"pcr-sha256/0 and so on"},
	{"pcr-selection", "LIST", OPTION_TEXT, OPTION_INTO(struct options, selection), .once = true,
		.help = "the file is tpm2_pcrread -o, which says not of which PCRs: as that was "
			"told, such as sha256:0,4,7+sha384:all"},
	{"quote", "FILE", OPTION_FILE, OPTION_INTO(struct options, quote.message), .once = true,
		.help = "a quote (tpm2_quote -m), with"},
	{"signature", "FILE", OPTION_FILE, OPTION_INTO(struct options, quote.signature),
		.once = true, .help = "its signature (tpm2_quote -s),"},
	{"key", "FILE", OPTION_FILE, OPTION_INTO(struct options, quote.key), .once = true,
		.help = "the attestation key's public part: TPM2B_PUBLIC or PEM, and"},
	{"nonce", "HEX", OPTION_TEXT, .take = take_nonce, .once = true,
		.help = "what it must answer"},
	{0},
};

static const struct option_row rows[] = {
	{"pcrs", "LIST", OPTION_TEXT, OPTION_INTO(struct options, pcrs), .take = output_take_pcrs,
		.once = true,
		.help = "the PCRs that count, such as 4,9,11-13; default: all predicted"},
	{"set", "NAME", OPTION_TEXT, OPTION_INTO(struct options, set), .once = true,
		.help = "the policy's set to compare with; default: the nearest"},
	{"all", .kind = OPTION_FLAG, OPTION_INTO(struct options, all),
		.help = "all differences, not the first alone"},
	{"json", .kind = OPTION_FLAG, OPTION_INTO(struct options, json), .help = "for programs"},
	{0},
};

/* Everything that is open while a check runs. */
struct session {
	const struct options *options;
	struct evidence evidence;
	struct quote quote;
	struct check_target target;
	struct register_values set;
	struct check_request asked;
	struct check check;
	struct check_report report;
};

static bool misuse(const char *what)
{
	return command_refuse(&check_command, "%s", what);
}

static bool fits_together(const struct options *w)
{
	const struct quote_files *q = &w->quote;
	bool quote = q->message && q->signature && q->key;

	if (!quote && (q->message || q->signature || q->key || w->nonce_len))
		return misuse("a quote takes --quote, --signature and --key together");
	if (!w->log && !w->ccel && !w->values)
		return misuse(quote ? "a quote takes the values that it covers: --pcr-values or "
				      "--log"
				    : "there is nothing to check: give --log, --ccel or "
				      "--pcr-values");
	if (w->selection && !w->values)
		return misuse("--pcr-selection is of a file of --pcr-values");
	if (w->ccel && (w->log || w->values || quote))
		return misuse("--ccel is of registers that have no PCR values: give it alone");
	return true;
}

static bool read_values(struct session *s)
{
	const char *path = s->options->values, *selection = s->options->selection;

	if (!selection)
		return evidence_pcrs_open(&s->evidence, path);
	return evidence_selection(selection, &s->evidence) &&
	       evidence_pcrs_binary_open(&s->evidence, path);
}

static bool read_evidence(struct session *s)
{
	const struct options *w = s->options;
	struct evidence *e = &s->evidence;

	if (w->log && !evidence_log_open(e, w->log, false))
		return false;
	if (w->ccel && !evidence_log_open(e, w->ccel, true))
		return false;
	if (w->log && e->log.cc && (w->values || w->quote.message))
		return complain(
			"%s: it is a confidential VM's log, of registers that are no PCRs", w->log);
	return (!w->values || read_values(s)) &&
	       (!w->quote.message || quote_read(&w->quote, &s->quote));
}

/* A quote without values covers those that the log leads to, if it covers them at all. */
static void values_from_log(struct session *s)
{
	struct evidence *e = &s->evidence;
	unsigned events[BOOT_PCRS];

	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (!(e->log.banks >> bank & 1))
			continue;
		e->values.banks |= 1u << bank;
		e->values.known[bank] = (1u << BOOT_PCRS) - 1;
		evidence_replay(&e->log, (enum bank)bank, e->values.pcr[bank], events);
	}
	e->has_values = true;
}

static void check_the_quote(struct session *s)
{
	const struct options *options = s->options;
	struct evidence *e = &s->evidence;
	struct check_report *r = &s->report;

	if (!options->quote.message)
		return;
	if (!e->has_values)
		values_from_log(s);
	r->quoted = true;
	r->nonce = options->nonce_len > 0;
	r->key_told = s->quote.key_told;
	r->quote = quote_check(
		&s->quote, r->nonce ? options->nonce : NULL, options->nonce_len, &e->values);
	if ((r->quote == QUOTE_GOOD || r->quote == QUOTE_DIGEST) && e->selection_count &&
		!quote_same_selection(&s->quote, e))
		r->quote = QUOTE_SELECTION;
	e->vouched = r->quote == QUOTE_GOOD;
	/* Values that were not quoted prove nothing beside those that were. */
	for (unsigned bank = 0; e->vouched && bank < BANK_COUNT; bank++) {
		e->values.known[bank] &= quote_covers(&s->quote, (enum bank)bank);
		if (!e->values.known[bank])
			e->values.banks &= ~(1u << bank);
	}
}

/* What is predicted unless --bank says: what was measured, SHA-256 alone when it is there. */
static unsigned banks_wanted(const struct evidence *e)
{
	unsigned banks = e->log_path ? e->log.banks : (1u << BANK_COUNT) - 1;

	if (e->has_values)
		banks &= e->values.banks;
	return banks & BANK_BIT(BANK_SHA256) ? BANK_BIT(BANK_SHA256) : banks;
}

static bool run(struct session *s, const struct register_values *expected)
{
	check_free(&s->check);
	s->asked = (struct check_request){.boot = &s->target.boot,
		.expected = expected,
		.evidence = &s->evidence,
		.only = s->options->pcrs,
		.vary = s->target.is_image ? check_target_vary : NULL,
		.context = &s->target};
	return check_run(&s->asked, &s->check);
}

/* How far a set is from what was measured; a set that decides nothing is farthest. */
static unsigned distance(const struct check *check)
{
	return check->known ? check->differing + (unsigned)__builtin_popcount(check->unmet)
			    : BOOT_PCRS + 1;
}

/* The set that is named, or the one that fits best: no difference, else the fewest. */
static bool run_policy(struct session *s)
{
	const struct policy *policy = s->target.policy;
	const char *name = s->options->set;
	size_t best = policy->set_count;
	unsigned fewest = 0;

	for (size_t i = 0; i < policy->set_count; i++) {
		if (name && strcmp(policy->sets[i].name, name) != 0)
			continue;
		check_target_set(&s->target, i, &s->set);
		if (!run(s, &s->set))
			return false;
		if (best == policy->set_count || distance(&s->check) < fewest) {
			best = i;
			fewest = distance(&s->check);
		}
	}
	if (best == policy->set_count)
		return complain("the policy has no set \"%s\"", name ? name : "");
	check_target_set(&s->target, best, &s->set);
	s->report.set = policy->sets[best].name;
	return run(s, &s->set);
}

static void note_what_is_left_out(struct session *s)
{
	const struct check *c = &s->check;
	uint32_t covered = quote_covers(&s->quote, c->bank);

	for (unsigned pcr = 0; s->evidence.vouched && pcr < c->regs; pcr++)
		if (c->registers[pcr].has_expected && !(covered >> pcr & 1) &&
			(!s->options->pcrs || s->options->pcrs >> pcr & 1))
			s->report.left_out |= 1u << pcr;
}

static int print(struct session *s)
{
	struct bytes text = {0};
	bool json = s->options->json, written;

	s->report.check = &s->check;
	s->report.all = s->options->all;
	s->report.colour = output_colour(STDOUT_FILENO);
	(json ? check_json : check_print)(&s->report, &text);
	written = fwrite(text.data, 1, text.len, stdout) == text.len && fflush(stdout) == 0;
	bytes_free(&text);
	if (!written) {
		complain("cannot write the result");
		return EXIT_MISUSE;
	}
	return check_report_same(&s->report) ? EXIT_DONE : EXIT_REFUSED;
}

/*
 * SHA-1 alone is not accepted by default: whoever controls the machine may have left out the banks
 * that its firmware extends, and extended a bank that its firmware does not.
 */
static bool bank_was_asked(const struct session *s, unsigned asked)
{
	return asked || !s->target.is_image || s->options->request.banks != BANK_BIT(BANK_SHA1) ||
	       complain("the evidence has SHA-1 alone: --bank sha1 says that this is enough");
}

static int check(struct session *s, struct options *options)
{
	unsigned asked = options->request.banks;

	if (!read_evidence(s))
		return EXIT_MISUSE;
	check_the_quote(s);
	if (s->evidence.log_path && s->evidence.log.cc)
		options->request.cc.tdx = true; /* such a log is of a TDX guest's firmware */
	if (!options->request.banks)
		options->request.banks = banks_wanted(&s->evidence);
	if (!options->request.banks) {
		complain("log and values have no bank in common that is known here");
		return EXIT_MISUSE;
	}
	if (!check_target_open(options->target, &options->request, &s->target))
		return EXIT_MISUSE;
	if (!bank_was_asked(s, asked))
		return EXIT_MISUSE;
	if (options->set && !s->target.policy) {
		complain("--set is for a policy with sets");
		return EXIT_MISUSE;
	}
	if (!(s->target.policy ? run_policy(s) : run(s, &s->target.values)))
		return EXIT_MISUSE;
	note_what_is_left_out(s);
	return print(s);
}

static int run_command(int argc, char **argv)
{
	struct options options = {0};
	struct session session = {.options = &options};
	int code = command_read(&check_command, argc, argv, &options);

	if (code >= 0)
		return code;
	if (!fits_together(&options))
		return EXIT_MISUSE;
	code = check(&session, &options);
	check_free(&session.check);
	check_target_free(&session.target);
	quote_free(&session.quote);
	evidence_free(&session.evidence);
	return code;
}

const struct command check_command = {
	.name = "measure check",
	.summary = "what a machine measured, against a prediction",
	.usage = "EVIDENCE... [OPTION...] IMAGE\nEVIDENCE... [OPTION...] FILE.json",
	.about = "Holds what a machine measured against a prediction from IMAGE, against a "
		 "measurements file or a policy, and names the cause of the first difference.",
	.groups = {{"Evidence, one or more", evidence_rows, 0}, {.rows = rows},
		REQUEST_GROUPS(struct options, request)},
	.operands = {{"IMAGE", OPTION_PATH, OPTION_INTO(struct options, target)}},
	.notes = "The exit code is 0 for the same, 1 for different or not proved, 2 for "
		 "unreadable.",
	.run = run_command,
};
