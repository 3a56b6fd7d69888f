/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nodes of the benchmark of joins, one after the other in one TPM, whose registers are those of
 * a real machine's event log: each with an endorsement key of its own, certified by its maker, an
 * attestation key and a disk. Nothing of what a service checks of a node is left out: path, quote,
 * log, activation.
 *
 * Order, after setting_open(): node_open() once; node_take(), then node_next() for every further
 * node, any number of times; node_close().
 */
#ifndef TESTS_BENCH_NODE_H
#define TESTS_BENCH_NODE_H

#include "tests/interop/serve/setting.h"
#include "tests/unit/evidence/tpm_pki.h"

enum node_key { NODE_P256, NODE_RSA };

struct bench_node {
	struct machine machine;
	uint8_t disk[DISK_ID_LEN];
	struct span log, certificate;
	struct pki_entity maker;
	enum node_key key;
	uint8_t count;
};

/* Ends the program, as all of these do, when the TPM, the log or a certificate is not to be had. */
void node_open(struct bench_node *n, const char *log_path);
void node_close(struct bench_node *n);
/*
 * A node with an endorsement key of this kind. Writes the policy, which demands its maker's
 * certificates and the registers, for a service that is started next.
 */
void node_take(struct bench_node *n, enum node_key key);
/* Another node of that maker's. */
void node_next(struct bench_node *n);

#endif
