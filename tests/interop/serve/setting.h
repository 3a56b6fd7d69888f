/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The setting of the join service's tests: a scratch folder, two machines, a service, and a policy
 * that names the state of machine A's PCRs 4 and 11 (B is brought to the same).
 */
#ifndef TESTS_INTEROP_SERVE_SETTING_H
#define TESTS_INTEROP_SERVE_SETTING_H

#include "tests/interop/serve/client.h"
#include "tests/interop/serve/service_process.h"

struct setting {
	char folder[64];
	struct machine a, b;
	struct service_process service;
	char role[16];	    /* of the policy's set: "worker", at the beginning */
	char identity[512]; /* a policy's "identity": whoever comes first, at the beginning */
	char set[1024];	    /* a policy's "measurements": {...} for the machines' state */
};

extern struct setting at;
extern const uint8_t disk_1[DISK_ID_LEN], disk_2[DISK_ID_LEN], disk_3[DISK_ID_LEN];
extern const uint8_t mac_1[32];

/* Brings a machine's TPM into the state that the policy allows. */
void setting_prepare(struct machine *m);
void setting_open(const char *program);
void setting_close(void);
/* Writes
 * {"epoch":E,"identity":<identity>,"sets":[{"name":"demo","epoch":E,"role":<role>,<set>}]
 * <extra>}.
 */
void setting_policy(unsigned epoch, const char *extra);
/* The same while the service runs: SIGHUP, and waits until it has taken it. */
void setting_reload(unsigned epoch, const char *extra);
/* A connection up to HELLO; ends the program when the service does not get that far. */
void setting_connect(struct client *c);
/* A whole connection: evidence, challenge, grant or denial. The caller closes c. */
void setting_join(struct client *c, struct machine *m, const uint8_t *disk, struct outcome *out);
/* Joins and commits; the code of the denial, 0 for an ACK, 0xffff when the connection ended. */
uint16_t setting_boot(
	struct machine *m, const uint8_t *disk, const uint8_t mac[32], struct outcome *out_grant);
/* The code of the denial of a join; 0 when it was granted, 0xffff when the connection ended. */
uint16_t setting_try(struct machine *m, const uint8_t *disk);

#endif
