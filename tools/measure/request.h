/*
 * What a person asks to be predicted, as options of the command line: the same for predict, check
 * and diff, read by one function.
 */
#ifndef TOOLS_MEASURE_REQUEST_H
#define TOOLS_MEASURE_REQUEST_H

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
	enum boot_phase phase;
	unsigned banks; /* BANK_BIT; 0: the default, SHA-256 */
};

/*
 * The options that ask for a prediction: struct option rows to put before a command's own, and
 * their help. request_option() takes one of their codes: false after a complaint.
 */
#define REQUEST_OPTION_FIRST 1000 /* codes from here on are request options */
struct option;
extern const struct option request_options[];
extern const size_t request_option_count;
extern const char request_help[];
bool request_option(struct measure_request *request, int code, const char *argument);

#endif
