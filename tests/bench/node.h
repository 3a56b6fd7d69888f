/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node of the benchmark of joins: a TPM whose registers are those of a real machine's event
 * log, and certificates that a maker gave to its endorsement keys. Nothing of what a service checks
 * of a node is left out: path, quote, log, activation.
 *
 * The caller owns the node: node_open() once, after setting_open(), node_close() at the end. In
 * between node_take() chooses with which key it comes.
 */
#ifndef TESTS_BENCH_NODE_H
#define TESTS_BENCH_NODE_H

#include "tests/interop/serve/setting.h"

enum node_key { NODE_P256, NODE_RSA };

struct bench_node {
	struct machine machine;
	struct span log, certificate;
};

/* Ends the program when the TPM, the file of the log or a certificate is not to be had. */
void node_open(struct bench_node *n, const char *log_path);
void node_close(struct bench_node *n);
/*
 * From now on the node has an endorsement key of this kind and its certificate. Writes the policy,
 * which demands that certificate and the registers, for a service that is started next.
 */
void node_take(struct bench_node *n, enum node_key key);

#endif
