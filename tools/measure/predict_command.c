#include <getopt.h>
#include <stdio.h>
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/measure/measure.h"
#include "tools/measure/predict_boot.h"

static const char usage[] =
	"usage: protostar measure predict [OPTION...] IMAGE\n"
	"\n"
	"Predicts the PCRs of a boot of IMAGE: a UKI, a disk image (what firmware starts from its\n"
	"EFI system partition by default, or DISK:PATH), or a folder.\n"
	"\n"
	"  --events              list the events too, in the order in which they are extended\n"
	"  --json                JSON in Constellation's shape\n"
	"  --help                this text\n"
	"\n";

enum { OPT_EVENTS = 1, OPT_JSON, OPT_HELP };

static const struct option own[] = {
	{"events", no_argument, NULL, OPT_EVENTS},
	{"json", no_argument, NULL, OPT_JSON},
	{"help", no_argument, NULL, OPT_HELP},
};

struct wish {
	struct measure_request request;
	bool events, json, help;
};

static bool take(void *context, int code, const char *argument)
{
	struct wish *wish = context;

	(void)argument;
	wish->events = wish->events || code == OPT_EVENTS;
	wish->json = wish->json || code == OPT_JSON;
	wish->help = wish->help || code == OPT_HELP;
	return true;
}

static void print_events(const struct boot *boot, enum bank bank)
{
	char hex[2 * BANK_DIGEST_MAX + 1];

	printf("%3s  %-10s  %-*s  %s\n", "PCR", "type", (int)(2 * bank_len(bank)), "digest",
		"what");
	for (size_t i = 0; i < boot->count; i++) {
		const struct boot_event *e = &boot->events[i];

		hex_encode(e->digest[bank], bank_len(bank), hex);
		printf("%3u  0x%08x  %s  %s\n", e->pcr, e->type, hex, e->what);
	}
	putchar('\n');
}

static void print_pcrs(const struct boot *boot, enum bank bank)
{
	struct boot_values values;
	char hex[2 * BANK_DIGEST_MAX + 1];

	boot_replay(boot, bank, &values);
	for (unsigned pcr = 0; pcr < 16; pcr++) {
		if (boot->unknown[pcr]) {
			printf("%3u  not known: %s\n", pcr, boot->unknown[pcr]);
			continue;
		}
		hex_encode(values.pcr[pcr], bank_len(bank), hex);
		printf("%3u  %s\n", pcr, hex);
	}
}

static int print(const struct boot *boot, const struct wish *wish)
{
	struct bytes json = {0};

	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (!(boot->banks & BANK_BIT(bank)))
			continue;
		if (wish->json) {
			json.len = 0;
			predict_json(boot, (enum bank)bank, &json);
			continue;
		}
		if (boot->banks != BANK_BIT(bank))
			printf("%s\n", bank_name((enum bank)bank));
		if (wish->events)
			print_events(boot, (enum bank)bank);
		print_pcrs(boot, (enum bank)bank);
	}
	fwrite(json.data, 1, json.len, stdout);
	bytes_free(&json);
	if (fflush(stdout) || ferror(stdout)) {
		complain("cannot write the result");
		return EXIT_REFUSED;
	}
	return EXIT_DONE;
}

static bool fits_together(const struct wish *wish, int words)
{
	if (words != 1)
		return complain(
			"measure predict takes one image (protostar measure predict --help)");
	return !(wish->events && wish->json) ||
	       complain("--events is for people: it does not go with --json");
}

int predict_command(int argc, char **argv)
{
	struct wish wish = {0};
	struct boot boot;
	int first, code = EXIT_REFUSED;

	if (!request_read(argc, argv, &wish.request, own, sizeof(own) / sizeof(own[0]), take, &wish,
		    &first))
		return EXIT_MISUSE;
	if (wish.help) {
		fputs(usage, stdout);
		fputs(request_help, stdout);
		return EXIT_DONE;
	}
	if (!fits_together(&wish, argc - first))
		return EXIT_MISUSE;
	request_image(&wish.request, argv[first]);
	boot_init(&boot);
	if (predict_boot(&wish.request, &boot))
		code = print(&boot, &wish);
	boot_free(&boot);
	return code;
}
