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
/* Epoch 1 with this "identity", and with members of the set and of the policy, as above. */
void policy_words(const char *identity, const char *set, const char *more);
/* `protostar node` with a verb, a word and another one or NULL; true when it succeeded. */
bool node_command(const char *verb, const char *word, const char *value);
/* Stop, and start again on the same store. */
void service_again(void);
/* The same, with a module preloaded and a variable of the environment. */
void service_under(const char *module, const char *variable, const char *value);
/* The same, with a TPM that proves these PCRs to nodes; and the option that names it to them. */
void service_proving(const char *tcti, const char *pcrs);
void service_option(const char *tcti, const char *pcrs, char *line, size_t size);
/* The path of a file beside the policy; good until the next call. */
const char *service_file(const char *name);
/* The Name of a machine's EK, and its disk, in hexadecimal. */
void names_of(const struct machine *m, char ek[101], char disk[33]);

/* The page's own vectors; needs no service. */
void cases_vectors(const char *page);
void cases_transport(void);
void cases_fields(void);
void cases_keys(void);
void cases_attacks(void);
void cases_state(void);
void cases_identity(void);
void cases_service(void);
/* Makes a new version of the key: behind all cases that want the first one. */
void cases_rotation(void);
/* With modules to preload: one that fails a disk, and one that shows another time. */
void cases_faults(const char *failing_files, const char *wall_clock);

#endif
