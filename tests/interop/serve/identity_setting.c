/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/serve/identity_setting.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/evidence/tpm/key.h"
#include "tools/lib/hex.h"

struct pki_entity maker, stranger;

static char way[64]; /* ,"recognise":... of the only set */

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

void identity_write(const char *name, const struct pki_entity *e)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", at.folder, name);
	f = fopen(path, "w");
	must(f && PEM_write_X509(f, e->cert) && fclose(f) == 0, path);
}

/* A certificate for the machine's endorsement key. */
struct pki_entity certify(const struct machine *m, const struct pki_entity *issuer)
{
	struct tpm_public ek;
	struct pki_request r = {
		.name = "a TPM",
		.issuer = issuer,
		.from_s = time(NULL) - PKI_YEAR,
		.until_s = time(NULL) + PKI_YEAR,
		.key_usage = "critical,keyAgreement",
		.extended = "2.23.133.8.1",
	};

	must(tpm_ek_parse(m->ek_pub, m->ek_pub_len, &ek) == TPM_GOOD, "an endorsement key");
	r.key = tpm_key_open(ek.kind, ek.key, ek.key_len);
	return pki_make(&r);
}

void give(struct machine *m, const struct pki_entity *certificate)
{
	m->certificate_count = certificate ? 1 : 0;
	m->certificates[0] = certificate ? pki_der(certificate->cert) : (struct span){NULL, 0};
}

/* The service anew, with this identity and what the set says; `keep`: with its old store. */
void serve(const char *identity, const char *set, bool keep)
{
	char command[256], was[sizeof(at.set)];

	if (at.service.pid > 0)
		service_stop(&at.service, SIGTERM);
	snprintf(command, sizeof(command), "rm -rf %s", at.service.state);
	must(keep || system(command) == 0, command);
	snprintf(at.identity, sizeof(at.identity), "%s", identity);
	snprintf(way, sizeof(way), "%s", set);
	memcpy(was, at.set, sizeof(was));
	snprintf(at.set + strlen(at.set), sizeof(at.set) - strlen(at.set), "%s", way);
	setting_policy(1, "");
	memcpy(at.set, was, sizeof(was));
	must(service_start(&at.service, NULL), "the service does not start");
}

/* `protostar node VERB --state DIR ...`: its exit code; the output is in the file "out". */
int node(const char *verb, const char *const *words)
{
	const char *args[16] = {"node", verb, "--state", at.service.state};
	char output[160];
	size_t count = 4;

	while (words && *words)
		args[count++] = *words++;
	args[count] = NULL;
	snprintf(output, sizeof(output), "%s/out", at.folder);
	return service_run(&at.service, output, args);
}

unsigned printed(const char *text)
{
	return service_count(&at.service, "../out", text);
}

void ek_name(const struct machine *m, char out[2 * TPM_NAME_LEN + 1])
{
	struct tpm_public ek;

	must(tpm_ek_parse(m->ek_pub, m->ek_pub_len, &ek) == TPM_GOOD, "an endorsement key");
	hex_encode(ek.node_id, TPM_NAME_LEN, out);
}

static struct pki_entity make_maker(void)
{
	return pki_make(&(struct pki_request){.name = "maker of TPMs",
		.from_s = time(NULL) - PKI_YEAR,
		.until_s = time(NULL) + PKI_YEAR,
		.constraints = "critical,CA:TRUE",
		.key_usage = "critical,keyCertSign"});
}

void identity_open(void)
{
	maker = make_maker();
	stranger = make_maker();
	identity_write("roots.pem", &maker);
}

void identity_close(void)
{
	pki_free(&maker);
	pki_free(&stranger);
}
