#include <getopt.h>
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

static const char usage[] =
	"usage: protostar measure check EVIDENCE... [OPTION...] IMAGE\n"
	"       protostar measure check EVIDENCE... [OPTION...] FILE.json\n"
	"\n"
	"Holds what a machine measured against a prediction from IMAGE, against a measurements\n"
	"file or a policy, and names the cause of the first difference.\n"
	"\n"
	"Evidence, one or more:\n"
	"  --log FILE            its event log (binary_bios_measurements)\n"
	"  --ccel FILE           a confidential VM's event log (tables/data/CCEL)\n"
	"  --pcr-values FILE     PCR values: what tpm2_pcrread, tpm2_eventlog or systemd-analyze\n"
	"                        pcrs (--json too) prints, tpm2_quote -o, JSON, or the kernel's\n"
	"                        folder with pcr-sha256/0 and so on\n"
	"  --pcr-selection LIST  the file is tpm2_pcrread -o, which says not of which PCRs: as\n"
	"                        that was told, such as sha256:0,4,7+sha384:all\n"
	"  --quote FILE          a quote (tpm2_quote -m), with\n"
	"    --signature FILE    its signature (tpm2_quote -s)\n"
	"    --key FILE          the attestation key's public part: TPM2B_PUBLIC or PEM\n"
	"    --nonce HEX         what it must answer\n"
	"\n"
	"  --pcrs LIST           the PCRs that count, such as 4,9,11-13; default: all predicted\n"
	"  --set NAME            the policy's set to compare with; default: the nearest\n"
	"  --all                 all differences, not the first alone\n"
	"  --json                for programs\n"
	"  --help                this text\n"
	"\n"
	"The exit code is 0 for the same, 1 for different or not proved, 2 for unreadable.\n"
	"\n";

enum {
	OPT_LOG = 1,
	OPT_CCEL,
	OPT_VALUES,
	OPT_SELECTION,
	OPT_QUOTE,
	OPT_SIGNATURE,
	OPT_KEY,
	OPT_NONCE,
	OPT_PCRS,
	OPT_SET,
	OPT_ALL,
	OPT_JSON,
	OPT_HELP,
	OPT_COUNT
};

static const struct option own[] = {
	{"log", required_argument, NULL, OPT_LOG},
	{"ccel", required_argument, NULL, OPT_CCEL},
	{"pcr-values", required_argument, NULL, OPT_VALUES},
	{"pcr-selection", required_argument, NULL, OPT_SELECTION},
	{"quote", required_argument, NULL, OPT_QUOTE},
	{"signature", required_argument, NULL, OPT_SIGNATURE},
	{"key", required_argument, NULL, OPT_KEY},
	{"nonce", required_argument, NULL, OPT_NONCE},
	{"pcrs", required_argument, NULL, OPT_PCRS},
	{"set", required_argument, NULL, OPT_SET},
	{"all", no_argument, NULL, OPT_ALL},
	{"json", no_argument, NULL, OPT_JSON},
	{"help", no_argument, NULL, OPT_HELP},
};

struct wish {
	struct measure_request request;
	const char *text[OPT_COUNT]; /* of each option; "" when it takes none */
	uint32_t pcrs;
	uint8_t nonce[QUOTE_NONCE_MAX];
	size_t nonce_len;
	const char *target;
};

/* Everything that is open while a check runs. */
struct session {
	const struct wish *wish;
	struct evidence evidence;
	struct quote quote;
	struct check_target target;
	struct register_values set;
	struct check_request asked;
	struct check check;
	struct check_report report;
};

static bool read_nonce(struct wish *wish, const char *text)
{
	wish->nonce_len = strlen(text) / 2;
	return (wish->nonce_len && wish->nonce_len <= sizeof(wish->nonce) &&
		       hex_decode(text, wish->nonce, wish->nonce_len)) ||
	       complain("--nonce takes 1 to %u bytes in hexadecimal", QUOTE_NONCE_MAX);
}

static bool take(void *context, int code, const char *argument)
{
	struct wish *wish = context;

	if (wish->text[code] && argument)
		return complain("--%s is given twice", own[code - 1].name);
	wish->text[code] = argument ? argument : "";
	if (code == OPT_PCRS)
		return output_pcrs_by_name("--pcrs", argument, &wish->pcrs);
	return code != OPT_NONCE || !argument || read_nonce(wish, argument);
}

static bool fits_together(const struct wish *wish, int words)
{
	const char *const *t = wish->text;
	bool quote = t[OPT_QUOTE] && t[OPT_SIGNATURE] && t[OPT_KEY];

	if (words != 1)
		return complain("measure check takes one image or measurements file (protostar "
				"measure check --help)");
	if (!quote && (t[OPT_QUOTE] || t[OPT_SIGNATURE] || t[OPT_KEY] || t[OPT_NONCE]))
		return complain("a quote takes --quote, --signature and --key together");
	if (!t[OPT_LOG] && !t[OPT_CCEL] && !t[OPT_VALUES])
		return complain(quote ? "a quote takes the values that it covers: --pcr-values or "
					"--log"
				      : "there is nothing to check: give --log, --ccel or "
					"--pcr-values");
	if (t[OPT_SELECTION] && !t[OPT_VALUES])
		return complain("--pcr-selection is of a file of --pcr-values");
	if (t[OPT_CCEL] && (t[OPT_LOG] || t[OPT_VALUES] || quote))
		return complain("--ccel is of registers that have no PCR values: give it alone");
	return true;
}

static bool read_values(struct session *s)
{
	const char *path = s->wish->text[OPT_VALUES];
	const char *selection = s->wish->text[OPT_SELECTION];

	if (!selection)
		return evidence_pcrs_open(&s->evidence, path);
	return evidence_selection(selection, &s->evidence) &&
	       evidence_pcrs_binary_open(&s->evidence, path);
}

static bool read_evidence(struct session *s)
{
	const char *const *t = s->wish->text;
	struct evidence *e = &s->evidence;
	const struct quote_files files = {t[OPT_QUOTE], t[OPT_SIGNATURE], t[OPT_KEY]};

	if (t[OPT_LOG] && !evidence_log_open(e, t[OPT_LOG], false))
		return false;
	if (t[OPT_CCEL] && !evidence_log_open(e, t[OPT_CCEL], true))
		return false;
	if (t[OPT_LOG] && e->log.cc && (t[OPT_VALUES] || t[OPT_QUOTE]))
		return complain("%s: it is a confidential VM's log, of registers that are no PCRs",
			t[OPT_LOG]);
	return (!t[OPT_VALUES] || read_values(s)) &&
	       (!t[OPT_QUOTE] || quote_read(&files, &s->quote));
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
	const struct wish *wish = s->wish;
	struct evidence *e = &s->evidence;
	struct check_report *r = &s->report;

	if (!wish->text[OPT_QUOTE])
		return;
	if (!e->has_values)
		values_from_log(s);
	r->quoted = true;
	r->nonce = wish->nonce_len > 0;
	r->key_told = s->quote.key_told;
	r->quote = quote_check(
		&s->quote, r->nonce ? wish->nonce : NULL, wish->nonce_len, &e->values);
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
		.only = s->wish->pcrs,
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
	const char *name = s->wish->text[OPT_SET];
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
			(!s->wish->pcrs || s->wish->pcrs >> pcr & 1))
			s->report.left_out |= 1u << pcr;
}

static int print(struct session *s)
{
	struct bytes text = {0};
	bool json = s->wish->text[OPT_JSON] != NULL, written;

	s->report.check = &s->check;
	s->report.all = s->wish->text[OPT_ALL] != NULL;
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
	return asked || !s->target.is_image || s->wish->request.banks != BANK_BIT(BANK_SHA1) ||
	       complain("the evidence has SHA-1 alone: --bank sha1 says that this is enough");
}

static int check(struct session *s, struct wish *wish)
{
	unsigned asked = wish->request.banks;

	if (!read_evidence(s))
		return EXIT_MISUSE;
	check_the_quote(s);
	if (s->evidence.log_path && s->evidence.log.cc)
		wish->request.cc.tdx = true; /* such a log is of a TDX guest's firmware */
	if (!wish->request.banks)
		wish->request.banks = banks_wanted(&s->evidence);
	if (!wish->request.banks) {
		complain("log and values have no bank in common that is known here");
		return EXIT_MISUSE;
	}
	if (!check_target_open(wish->target, &wish->request, &s->target))
		return EXIT_MISUSE;
	if (!bank_was_asked(s, asked))
		return EXIT_MISUSE;
	if (wish->text[OPT_SET] && !s->target.policy) {
		complain("--set is for a policy with sets");
		return EXIT_MISUSE;
	}
	if (!(s->target.policy ? run_policy(s) : run(s, &s->target.values)))
		return EXIT_MISUSE;
	note_what_is_left_out(s);
	return print(s);
}

int check_command(int argc, char **argv)
{
	struct wish wish = {0};
	struct session session = {.wish = &wish};
	int first, code;

	if (!request_read(argc, argv, &wish.request, own, sizeof(own) / sizeof(own[0]), take, &wish,
		    &first))
		return EXIT_MISUSE;
	if (wish.text[OPT_HELP]) {
		fputs(usage, stdout);
		fputs(request_help, stdout);
		return EXIT_DONE;
	}
	if (!fits_together(&wish, argc - first))
		return EXIT_MISUSE;
	wish.target = argv[first];
	code = check(&session, &wish);
	check_free(&session.check);
	check_target_free(&session.target);
	quote_free(&session.quote);
	evidence_free(&session.evidence);
	return code;
}
