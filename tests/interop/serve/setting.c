/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/serve/setting.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/random.h"
#include "tools/lib/hex.h"

struct setting at;
const uint8_t disk_1[DISK_ID_LEN] = {0xd1}, disk_2[DISK_ID_LEN] = {0xd2},
	      disk_3[DISK_ID_LEN] = {0xd3};
const uint8_t mac_1[32] = {0x11, 0x22};

void setting_prepare(struct machine *m)
{
	machine_extend(m, 4, 0x44);
	machine_extend(m, 11, 0xbb);
}

void setting_open(const char *program)
{
	uint8_t pcr[32];
	char four[65], eleven[65], zeros[65];

	snprintf(at.folder, sizeof(at.folder), "/tmp/protostar-serve-XXXXXX");
	if (failed(secret_pool_open(1u << 20)) || failed(random_open()) || !mkdtemp(at.folder)) {
		fprintf(stderr, "no locked memory, no random bytes or no folder\n");
		exit(1);
	}
	machine_start(&at.a, at.folder, "tpm-a");
	machine_start(&at.b, at.folder, "tpm-b");
	setting_prepare(&at.a);
	setting_prepare(&at.b);
	machine_pcr(&at.a, 4, pcr);
	hex_encode(pcr, 32, four);
	machine_pcr(&at.a, 11, pcr);
	hex_encode(pcr, 32, eleven);
	memset(pcr, 0, sizeof(pcr));
	hex_encode(pcr, 32, zeros);
	snprintf(at.set, sizeof(at.set),
		"\"measurements\":{\"4\":{\"expected\":\"%s\",\"warnOnly\":false},"
		"\"11\":{\"expected\":\"%s\",\"warnOnly\":false},"
		"\"2\":\"%s\",\"3\":\"%s\",\"12\":\"%s\",\"15\":\"%s\"}",
		four, eleven, zeros, zeros, zeros, zeros);
	service_at(&at.service, program, at.folder);
	snprintf(at.identity, sizeof(at.identity), "{\"first_use\":true}");
	snprintf(at.role, sizeof(at.role), "worker");
	setting_policy(1, "");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void setting_close(void)
{
	machine_stop(&at.a);
	machine_stop(&at.b);
	nftw(at.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	secret_pool_close();
}

void setting_policy(unsigned epoch, const char *extra)
{
	char json[2048];

	snprintf(json, sizeof(json),
		"{\"epoch\":%u,\"identity\":%s,\"sets\":[{\"name\":\"demo\",\"epoch\":%u,"
		"\"role\":\"%s\",%s}]%s}",
		epoch, at.identity, epoch, at.role, at.set, extra);
	service_policy(&at.service, json);
}

void setting_reload(unsigned epoch, const char *extra)
{
	char seen[64];

	setting_policy(epoch, extra);
	kill(at.service.pid, SIGHUP);
	snprintf(seen, sizeof(seen), "\"reload\":%u", ++at.service.reloads);
	if (!service_logged(&at.service, seen)) {
		fprintf(stderr, "the policy was not taken\n");
		exit(1);
	}
}

void setting_connect(struct client *c)
{
	int fd = client_connect(at.service.port);

	if (fd < 0 || !client_open(c, fd, at.service.pin)) {
		fprintf(stderr, "no HELLO from the service\n");
		exit(1);
	}
}

void setting_join(struct client *c, struct machine *m, const uint8_t *disk, struct outcome *out)
{
	struct evidence e;

	setting_connect(c);
	evidence_make(&e, c, m, disk);
	client_join(c, &e, m, out);
	evidence_free(&e);
}

static uint16_t code_of(const struct outcome *o, uint8_t good)
{
	if (o->type == good)
		return 0;
	return o->type == MSG_DENY ? o->code : 0xffff;
}

uint16_t setting_boot(
	struct machine *m, const uint8_t *disk, const uint8_t mac[32], struct outcome *out_grant)
{
	struct client c;
	struct outcome last;

	setting_join(&c, m, disk, out_grant);
	last = *out_grant;
	if (out_grant->type == MSG_GRANT)
		client_commit(&c, out_grant, mac, &last);
	client_close(&c);
	return code_of(&last, MSG_ACK);
}

uint16_t setting_try(struct machine *m, const uint8_t *disk)
{
	struct client c;
	struct outcome o;

	setting_join(&c, m, disk, &o);
	client_close(&c);
	return code_of(&o, MSG_GRANT);
}
