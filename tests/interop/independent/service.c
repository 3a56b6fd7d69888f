/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service under test: its process and its policy. */
#include "tests/interop/independent/cases.h"

#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/interop/serve/service_process.h"

/* Who may be a node that is not known yet: anybody. */
#define FIRST_USE "{\"first_use\":true}"

static struct service_process service, other;
static char folder[64];
static unsigned reloads;
static const char *identity = FIRST_USE, *set_words = "";

static void hex(const uint8_t *data, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", data[i]);
}

/* Classical wrapping has to do: this client has no ML-KEM, because OpenSSL 3.0 has none. */
static void write_policy(unsigned epoch, unsigned set_epoch, const char *bank, const char *more)
{
	static const unsigned enforced[] = {2, 3, 4, 11, 12, 15};
	unsigned alg = strcmp(bank, "sha384") ? HASH_SHA256 : HASH_SHA384;
	char json[4096], value[2 * HASH_MAX + 1];
	uint8_t pcr[HASH_MAX];
	int n = snprintf(json, sizeof(json),
		"{\"epoch\":%u,\"bank\":\"%s\",\"wrap\":\"classical\",\"identity\":%s"
		"%s,\"sets\":[{\"name\":\"demo\",\"epoch\":%u,\"role\":\"worker\"%s,"
		"\"measurements\":{",
		epoch, bank, identity, more, set_epoch, set_words);

	for (size_t i = 0; i < sizeof(enforced) / sizeof(enforced[0]); i++) {
		pcr_value(NULL, alg, enforced[i], pcr);
		hex(pcr, hash_len(alg), value);
		n += snprintf(json + n, sizeof(json) - (size_t)n,
			"%s\"%u\":{\"expected\":\"%s\",\"warnOnly\":false}", i ? "," : "",
			enforced[i], value);
	}
	snprintf(json + n, sizeof(json) - (size_t)n, "}}]}");
	service_policy(&service, json);
}

void policy_take(unsigned epoch, unsigned set_epoch, const char *bank, const char *more)
{
	char seen[64];

	write_policy(epoch, set_epoch, bank, more);
	kill(service.pid, SIGHUP);
	snprintf(seen, sizeof(seen), "\"reload\":%u", ++reloads);
	need(service_logged(&service, seen), "the service does not take the policy");
}

void policy_usual(void)
{
	policy_words(FIRST_USE, "", "");
}

void policy_words(const char *who, const char *set, const char *more)
{
	identity = who;
	set_words = set;
	policy_take(1, 1, "sha256", more);
}

static void start(const char *const *more)
{
	reloads = 0;
	need(service_start(&service, more), "the service does not start");
}

static const char *other_folder(void)
{
	static char path[80];

	snprintf(path, sizeof(path), "%s/other", folder);
	need(mkdir(path, 0700) == 0, "another folder");
	return path;
}

void service_open(const char *program)
{
	snprintf(folder, sizeof(folder), "/tmp/protostar-independent-XXXXXX");
	need(mkdtemp(folder) != NULL, "a folder");
	service_at(&service, program, folder);
	write_policy(1, 1, "sha256", "");
	start(NULL);
	service_at(&other, program, other_folder());
	memcpy(other.policy, service.policy, sizeof(other.policy));
	need(service_start(&other, NULL), "the other service does not start");
}

void service_again(void)
{
	need(service_stop(&service, SIGTERM) == 0, "the service does not end well");
	start(NULL);
}

void service_proving(const char *tcti, const char *pcrs)
{
	const char *const more[] = {"--evidence", tcti, "--evidence-pcrs", pcrs, NULL};

	need(service_stop(&service, SIGTERM) == 0, "the service does not end well");
	start(more);
}

void service_option(const char *tcti, const char *pcrs, char *line, size_t size)
{
	const char *const args[] = {"serve", "--state", service.state, "--evidence", tcti,
		"--evidence-pcrs", pcrs, "--evidence-option", NULL};
	char output[160];
	FILE *f;

	snprintf(output, sizeof(output), "%s/option", folder);
	need(service_run(&service, output, args) == 0, "--evidence-option");
	f = fopen(output, "r");
	need(f && fgets(line, (int)size, f) && fclose(f) == 0, "the option for nodes");
}

void service_under(const char *module, const char *variable, const char *value)
{
	need(setenv("LD_PRELOAD", module, 1) == 0 && setenv(variable, value, 1) == 0,
		"the service's environment");
	service_again();
	need(unsetenv("LD_PRELOAD") == 0 && unsetenv(variable) == 0, "the environment");
}

const char *service_file(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void service_close(void)
{
	need(service_stop(&service, SIGTERM) == 0, "the service does not end well");
	need(service_stop(&other, SIGTERM) == 0, "the other service does not end well");
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct service place_of(const struct service_process *process)
{
	struct service s = {.port = process->port};

	memcpy(s.pin, process->pin, 32);
	return s;
}

struct service the_service(void)
{
	return place_of(&service);
}

struct service other_service(void)
{
	return place_of(&other);
}

bool node_command(const char *verb, const char *word, const char *value)
{
	const char *const args[] = {"node", verb, "--state", service.state, word, value, NULL};
	char output[160];

	snprintf(output, sizeof(output), "%s/node", folder);
	return service_run(&service, output, args) == 0;
}

void names_of(const struct machine *m, char ek[101], char disk[33])
{
	uint8_t name[2 + HASH_MAX];

	hex(name, area_name(&m->ek_area, m->ek, name), ek);
	hex(m->disk, DISK_LEN, disk);
}
