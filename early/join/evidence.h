/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence for one connection: the claims, and one item of each kind that this machine can make and
 * the service takes, as the EVIDENCE message of early/contract/PROTOCOL.md, sections 4 and 6.
 *
 * One file a kind makes its item (evidence_tpm.c); evidence.c walks their table.
 */
#ifndef EARLY_JOIN_EVIDENCE_H
#define EARLY_JOIN_EVIDENCE_H

#include "crypto/kem.h"
#include "early/boot.h"
#include "early/join/peer.h"

/* The longest frame a node sends: EVIDENCE with every field at its limit. */
#define EVIDENCE_FRAME_MAX (FRAME_MAX + 4u)

struct evidence {
	struct kem_pair kem;	    /* what the service wraps the disk key to; evidence_free() */
	uint8_t rd[RD_LEN];	    /* what the quote signs, and the salt of the wrapping */
	uint8_t service_rd[RD_LEN]; /* what the service's own quote has to sign */
	uint8_t frame[EVIDENCE_FRAME_MAX];
	size_t frame_len; /* bytes */
};

/* Whether who serves this exchange (b->purpose) has to give evidence too: no operator has. */
static inline bool evidence_wanted(const struct boot *b)
{
	return b->config.service_wanted.given && b->purpose == PURPOSE_JOIN;
}

/*
 * Makes the EVIDENCE frame that answers this HELLO on this connection. A kind that fails is left
 * out when another one can be made; else its failure is returned. A failure that time may heal is
 * returned the first time in either case. E_JOIN_EVIDENCE_TYPE when the service takes none of the
 * kinds that this image makes.
 */
struct status evidence_make(const struct boot *b, const struct peer *p,
	const struct msg_hello *hello, struct evidence *out) MUST_CHECK;
/* Wipes all of it; a zeroed one is fine. */
void evidence_free(struct evidence *e);

/*
 * What makes the item of one kind: evidence about rd, which the claims are part of. *out stays
 * valid until the next call.
 */
typedef struct status (*evidence_maker)(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span *out);

/* evidence_tpm.c: the quote, the event log, the certificates of the TPM's keys. */
struct status evidence_tpm_make(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span *out) MUST_CHECK;

/* One file each, in images that are built with the kind (PROTOSTAR_EVIDENCE). */
struct status evidence_snp_make(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span *out) MUST_CHECK;
struct status evidence_tdx_make(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span *out) MUST_CHECK;
struct status evidence_hcl_make(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span *out) MUST_CHECK;
struct status evidence_svsm_make(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span *out) MUST_CHECK;

/* Where the firmware's event log is; tests name a file of their own. */
#define EVENT_LOG_PATH "/sys/kernel/security/tpm0/binary_bios_measurements"
/*
 * Reads the log into buf and says how long it is; 0 when the firmware left none. E_EVENT_LOG_READ,
 * and E_EVENT_LOG_LONG when it has more than cap bytes: it is never cut.
 */
struct status event_log_read(
	const char *path, uint8_t *buf, size_t cap, size_t *out_len) MUST_CHECK;
/*
 * evidence_log.c: quotes, and gives the log that was the same before and after, so that it belongs
 * to the PCRs that were quoted. A log that changes in between: once more, with E_EVENT_LOG_CHANGES
 * after a few times, or at once when it vanishes.
 */
struct status event_log_around(const char *path, struct status (*quote)(void *), void *context,
	uint8_t *buf, size_t cap, size_t *out_len) MUST_CHECK;

#endif
