/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cases. main() starts one service and runs them in this order; each leaves the service and its
 * policy as it found them.
 */
#ifndef TESTS_INTEROP_INDEPENDENT_CASES_H
#define TESTS_INTEROP_INDEPENDENT_CASES_H

#include "tests/interop/independent/session.h"

/* Prints the case's name and, where it is not as wanted, what came. */
void expect(const char *name, unsigned want, unsigned got);
/* Cases so far, and those that failed. */
extern unsigned cases_run, cases_failed;

/* The service under test; policy.c. */
void service_open(const char *program);
void service_close(void);
struct service the_service(void);
/* Another, with another key and the same policy. */
struct service other_service(void);
/*
 * Another policy, taken while the service runs: its epoch and the set's, the bank, and
 * further members, each with a comma in front.
 */
void policy_take(unsigned epoch, unsigned set_epoch, const char *bank, const char *more);
/* The policy that all cases begin with: epoch 1. */
void policy_usual(void);
/* `protostar node` with a verb and what it is about; true when it succeeded. */
bool node_command(const char *verb, const char *word);
/* Stop, and start again on the same store. */
void service_again(void);
/* The Name of a machine's EK, and its disk, in hexadecimal. */
void names_of(const struct machine *m, char ek[101], char disk[33]);

/* The page's own vectors; needs no service. */
void cases_vectors(const char *page);
void cases_transport(void);
void cases_fields(void);
void cases_keys(void);
void cases_attacks(void);
void cases_state(void);

#endif
