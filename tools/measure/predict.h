/*
 * Predicts PCRs from files alone: the list of events of a boot, and the PCR values they lead to.
 * No TPM, no root, no guess: an image that the stub would refuse is refused here too.
 */
#ifndef TOOLS_MEASURE_PREDICT_H
#define TOOLS_MEASURE_PREDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "crypto/digest.h"
#include "tools/lib/bytes.h"

#define PREDICT_EVENTS_MAX 64u
#define PREDICT_PCRS	   16u
#define PREDICT_TEXT_MAX   64u

struct predicted_event {
	uint32_t pcr, type; /* type: TCG PC Client event type */
	uint8_t digest[DIGEST_MAX];
	char text[PREDICT_TEXT_MAX]; /* what it is, for people */
};

struct prediction {
	uint16_t alg; /* TPM_ALG_ID of the bank */
	size_t digest_len;
	struct predicted_event events[PREDICT_EVENTS_MAX];
	size_t count;
	uint8_t pcrs[PREDICT_PCRS][DIGEST_MAX];
};

/* When the PCRs are read: as the node joins, or once init runs and PCR 15 is capped. */
enum predict_phase { PHASE_JOIN, PHASE_BOOTED };

/* The PCRs that files determine: 4, 9, 11, 12, 13, 15. The others are the firmware's. */
extern const unsigned predicted_pcrs[];
extern const size_t predicted_pcr_count;

/*
 * Predicts the boot of the given UKI by this project's stub, started by UEFI firmware from a boot
 * option, in the bank of alg. Complains and returns false when the stub would not boot it.
 */
bool predict_uki(const uint8_t *uki, size_t len, uint16_t alg, enum predict_phase phase,
	struct prediction *out);

/* Appends {"measurements":{"4":{"expected":"hex","warnOnly":false},...}} and a newline. */
void predict_to_json(const struct prediction *p, struct bytes *out);

#endif
