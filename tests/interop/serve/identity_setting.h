/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of policy's "identity": two makers of TPMs of one name, of which policies know the
 * first, certificates for the setting's machines, and services that begin anew with another rule.
 */
#ifndef TESTS_INTEROP_SERVE_IDENTITY_SETTING_H
#define TESTS_INTEROP_SERVE_IDENTITY_SETTING_H

#include "tests/interop/serve/setting.h"
#include "tests/unit/evidence/tpm_pki.h"

#define EK_CERTIFICATE "{\"ek_certificate\":{\"roots\":[\"roots.pem\"]}}"
#define DISK_1	       "d1000000000000000000000000000000"
#define DISK_2	       "d2000000000000000000000000000000"

extern struct pki_entity maker, stranger; /* roots.pem is maker's */

/* After setting_open(). */
void identity_open(void);
void identity_close(void);
/* Writes the certificate as PEM into the setting's folder. */
void identity_write(const char *name, const struct pki_entity *e);
/* A certificate for the machine's endorsement key. */
struct pki_entity certify(const struct machine *m, const struct pki_entity *issuer);
/* What the machine sends from now on: this one, or none when it is NULL. */
void give(struct machine *m, const struct pki_entity *certificate);

/* The service anew, with this identity and what the set says; `keep`: with its old store. */
void serve(const char *identity, const char *set, bool keep);

/* `protostar node VERB --state DIR ...`: its exit code. */
int node(const char *verb, const char *const *words);
#define NODE(verb, ...) node(verb, (const char *const[]){__VA_ARGS__, NULL})
/* How often the last command printed this. */
unsigned printed(const char *text);
/* The node id that the machine's endorsement key makes. */
void ek_name(const struct machine *m, char out[2 * TPM_NAME_LEN + 1]);

#endif
