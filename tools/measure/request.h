/*
 * What a person asks to be predicted, as options of the command line: the same for predict, check
 * and diff, read by one function.
 *
 * Order: a zeroed struct; request_option() for each option of request_options, in the loop over the
 * command's own ones; request_image() with the image that is named last of all; then
 * predict_boot().
 */
#ifndef TOOLS_MEASURE_REQUEST_H
#define TOOLS_MEASURE_REQUEST_H

#include <getopt.h>
#include "tools/measure/cc/cc.h"
#include "tools/measure/firmware/firmware.h"
#include "tools/measure/stub/stub.h"

#define REQUEST_STAGES_MAX 8u

/* When the PCRs are read: as the node joins, or once init runs and PCR 15 is capped. */
enum boot_phase { PHASE_JOIN, PHASE_BOOTED };

struct measure_request {
	/* Images in the order in which they are started; the last one is the UKI. */
	const char *stages[REQUEST_STAGES_MAX];
	size_t stage_count;
	struct firmware_request firmware;
	struct stub_inputs stub; /* dialect may be STUB_AUTO */
	struct cc_request cc;
	enum boot_phase phase;
	unsigned banks; /* BANK_BIT; 0: the default, SHA-256 */
};

/*
 * The options that ask for a prediction: struct option rows to put before a command's own, and
 * their help. request_option() takes one of their codes: false after a complaint.
 */
#define REQUEST_OPTION_FIRST 1000 /* codes from here on are request options */
extern const struct option request_options[];
extern const size_t request_option_count;
extern const char request_help[];
bool request_option(struct measure_request *request, int code, const char *argument);

/* Adds one or more bank names with commas between, or "all". Complains. */
bool request_banks(const char *names, unsigned *banks);

/* The image that is started first, or the only one. Texts are borrowed, as with all options. */
void request_image(struct measure_request *request, const char *path);

/*
 * Reads a command's whole line: request options go to request, the command's own rows (own_count,
 * codes below REQUEST_OPTION_FIRST) to take. False after a complaint; *out_first is the index in
 * argv (which getopt has put in order) of the first word that is no option.
 */
typedef bool (*request_own_option)(void *context, int code, const char *argument);
bool request_read(int argc, char **argv, struct measure_request *request, const struct option *own,
	size_t own_count, request_own_option take, void *context, int *out_first);

#endif
