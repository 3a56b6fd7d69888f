/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/node.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/evidence/tpm/key.h"
#include "tools/lib/event_log.h"
#include "tools/lib/hex.h"

#define LOG_MAX	   (1u << 17)
#define MAKER_BITS 3072 /* of RSA keys, as those of swtpm's own CA */

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_join: %s\n", what);
	exit(1);
}

static void read_log(struct bench_node *n, const char *path)
{
	uint8_t *bytes = malloc(LOG_MAX);
	FILE *f = fopen(path, "rb");

	must(f && bytes, "the event log cannot be read");
	n->log = (struct span){bytes, fread(bytes, 1, LOG_MAX, f)};
	fclose(f);
}

/* The TPM measures what the log's machine did. */
static void measure(struct bench_node *n)
{
	enum event_log_step step;
	struct event_log log;
	struct event e;

	must(event_log_open(&log, n->log.data, n->log.len), "the event log is malformed");
	while ((step = event_log_next(&log, &e)) == EVENT_LOG_EVENT) {
		const struct event_digest *d = event_digest_in(&e, DIGEST_SHA256);

		if (e.type != EVENT_NO_ACTION && d)
			machine_extend_digest(&n->machine, e.pcr, d->data);
	}
	must(step == EVENT_LOG_END, "the event log is malformed");
}

void node_open(struct bench_node *n, const char *log_path)
{
	memset(n, 0, sizeof(*n));
	read_log(n, log_path);
	machine_start(&n->machine, at.folder, "tpm-node");
	measure(n);
}

void node_close(struct bench_node *n)
{
	machine_stop(&n->machine);
	free((void *)(uintptr_t)n->log.data);
	free((void *)(uintptr_t)n->certificate.data);
	pki_free(&n->maker);
}

static struct pki_entity make_ca(
	const char *name, const struct pki_entity *issuer, enum node_key key)
{
	struct pki_request r = {
		.name = name,
		.issuer = issuer,
		.key = key == NODE_RSA ? pki_rsa(MAKER_BITS) : NULL,
		.from_s = time(NULL) - PKI_YEAR,
		.until_s = time(NULL) + PKI_YEAR,
		.constraints = "critical,CA:TRUE",
		.key_usage = "critical,keyCertSign,cRLSign",
	};
	struct pki_entity ca = pki_make(&r);

	EVP_PKEY_free(r.key);
	return ca;
}

static void write_pem(const char *name, const struct pki_entity *e)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", at.folder, name);
	f = fopen(path, "w");
	must(f && PEM_write_X509(f, e->cert) && fclose(f) == 0, "a certificate is not written");
}

static struct span certify(
	const struct machine *m, const struct pki_entity *issuer, enum node_key key)
{
	struct tpm_public ek;
	struct pki_request r = {
		.name = "a TPM",
		.issuer = issuer,
		.from_s = time(NULL) - PKI_YEAR,
		.until_s = time(NULL) + PKI_YEAR,
		.key_usage = key == NODE_RSA ? "critical,keyEncipherment" : "critical,keyAgreement",
		.extended = "2.23.133.8.1",
	};
	struct pki_entity made;
	struct span der;

	must(tpm_ek_parse(m->ek_pub, m->ek_pub_len, &ek) == TPM_GOOD, "no endorsement key");
	r.key = tpm_key_open(ek.kind, ek.key, ek.key_len);
	must(r.key, "no endorsement key");
	made = pki_make(&r);
	der = pki_der(made.cert);
	pki_free(&made);
	EVP_PKEY_free(r.key);
	return der;
}

/* "measurements" of the registers that the demo's policy names. */
static void describe_registers(struct bench_node *n)
{
	static const unsigned named[] = {2, 3, 4, 7, 11, 12, 15};
	char hex[65];
	uint8_t pcr[32];
	size_t len = 0;

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		machine_pcr(&n->machine, named[i], pcr);
		hex_encode(pcr, sizeof(pcr), hex);
		len += (size_t)snprintf(at.set + len, sizeof(at.set) - len, "%s\"%u\":\"%s\"",
			i ? "," : "\"measurements\":{", named[i], hex);
	}
	snprintf(at.set + len, sizeof(at.set) - len, "}");
}

void node_next(struct bench_node *n)
{
	uint8_t disk[DISK_ID_LEN] = {0xd0, ++n->count};

	memcpy(n->disk, disk, sizeof(disk));
	machine_use_ek(
		&n->machine, n->key == NODE_RSA ? MACHINE_EK_RSA2048 : MACHINE_EK_P256, n->count);
	machine_new_ak(&n->machine, n->count);
	free((void *)(uintptr_t)n->certificate.data);
	n->certificate = certify(&n->machine, &n->maker, n->key);
	n->machine.certificates[0] = n->certificate;
	n->machine.certificate_count = 1;
}

void node_take(struct bench_node *n, enum node_key key)
{
	struct pki_entity root = make_ca("a maker's root", NULL, key);

	pki_free(&n->maker);
	n->maker = make_ca("a maker", &root, key);
	n->key = key;
	node_next(n);
	write_pem("root.pem", &root);
	write_pem("maker.pem", &n->maker);
	pki_free(&root);
	describe_registers(n);
	snprintf(at.identity, sizeof(at.identity),
		"{\"ek_certificate\":{\"roots\":[\"root.pem\"],"
		"\"intermediates\":[\"maker.pem\"]}}");
	setting_policy(1, "");
}
