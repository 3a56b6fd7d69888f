/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PROTOCOL.md 6.6: a service that proves by its machine's TPM what it runs. */
#include "tests/interop/independent/cases.h"

#include <openssl/ec.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/interop/swtpm_ready.h"

#define PCRS_TEXT "0,7,16"
#define PCRS_MASK (1u << 0 | 1u << 7 | 1u << 16)

/* What the node's measured option names. */
struct wanted {
	uint8_t ak[32], digest[32];
	uint32_t mask;
};

struct parts {
	struct span ak, attest, signature, values;
};

static bool parts_of(const struct buf *evidence, struct parts *p)
{
	struct reader r = {{evidence->data, evidence->len}, false};

	p->ak = take_lp(&r, 1024);
	p->attest = take_lp(&r, 1024);
	p->signature = take_lp(&r, 1024);
	p->values = take_lp(&r, 1536);
	return reader_done(&r) && p->ak.len && p->attest.len && p->signature.len && p->values.len;
}

/* A TPMT_PUBLIC of an AK on P-256, with full coordinates as a TPM writes them. */
static EVP_PKEY *key_of_ak(struct span area)
{
	struct reader r = {area, false};
	uint8_t point[65] = {4};
	struct span x, y;
	bool good = take_uint(&r, 2) == 0x0023 && take_uint(&r, 2) == HASH_SHA256 &&
		    (take_uint(&r, 4) & ~0x4c4u) == 0x50032;

	(void)take_2b(&r, 32);
	good = good && take_uint(&r, 2) == 0x10 && take_uint(&r, 2) == 0x18 &&
	       take_uint(&r, 2) == HASH_SHA256 && take_uint(&r, 2) == 3 && take_uint(&r, 2) == 0x10;
	x = take_2b(&r, 32);
	y = take_2b(&r, 32);
	if (!good || !reader_done(&r) || x.len != 32 || y.len != 32)
		return NULL;
	memcpy(point + 1, x.data, 32);
	memcpy(point + 33, y.data, 32);
	return key_of_point("P-256", point, sizeof(point));
}

static bool signed_by(EVP_PKEY *key, struct span attest, struct span signature)
{
	struct reader r = {signature, false};
	ECDSA_SIG *pair = ECDSA_SIG_new();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *der = NULL;
	struct span x, y;
	bool good = take_uint(&r, 2) == 0x18 && take_uint(&r, 2) == HASH_SHA256;
	int len;

	x = take_2b(&r, 32);
	y = take_2b(&r, 32);
	need(pair && ctx &&
			ECDSA_SIG_set0(pair, BN_bin2bn(x.data, (int)x.len, NULL),
				BN_bin2bn(y.data, (int)y.len, NULL)) == 1,
		"a signature");
	len = i2d_ECDSA_SIG(pair, &der);
	good = good && reader_done(&r) && len > 0 &&
	       EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(ctx, der, (size_t)len, attest.data, attest.len) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(pair);
	EVP_MD_CTX_free(ctx);
	return good;
}

/* The quote is over rd and of the wanted registers; 0, or the number of the first check that fails.
 */
static unsigned quote_fault(const struct parts *p, const struct wanted *w, const uint8_t rd[32])
{
	struct reader r = {p->attest, false};
	bool head = take_uint(&r, 4) == 0xff544347 && take_uint(&r, 2) == 0x8018;
	uint8_t hash[HASH_MAX];
	struct span extra, digest;
	uint32_t mask = 0;
	bool selection;

	(void)take_2b(&r, 66);
	extra = take_2b(&r, 64);
	(void)take_raw(&r, 8 + 4 + 4);
	head = head && take_uint(&r, 1) <= 1;
	(void)take_raw(&r, 8);
	selection = take_uint(&r, 4) == 1 && take_uint(&r, 2) == HASH_SHA256 &&
		    take_uint(&r, 1) == 3;
	for (unsigned i = 0; i < 3; i++)
		mask |= (uint32_t)take_uint(&r, 1) << (8 * i);
	digest = take_2b(&r, 64);
	hash_of(HASH_SHA256, p->values.data, p->values.len, hash);
	if (!head || !reader_done(&r))
		return 3;
	if (extra.len != 32 || memcmp(extra.data, rd, 32) != 0)
		return 4;
	if (!selection || mask != w->mask)
		return 5;
	return digest.len != 32 || memcmp(digest.data, w->digest, 32) != 0 ||
			       memcmp(digest.data, hash, 32) != 0
		       ? 6
		       : 0;
}

static unsigned fault_of(const struct buf *evidence, const struct wanted *w, const uint8_t rd[32])
{
	uint8_t hash[HASH_MAX];
	struct parts p;
	EVP_PKEY *key;
	bool good;

	if (!parts_of(evidence, &p))
		return 1;
	hash_of(HASH_SHA256, p.ak.data, p.ak.len, hash);
	key = key_of_ak(p.ak);
	good = key && !memcmp(hash, w->ak, 32) && signed_by(key, p.attest, p.signature);
	EVP_PKEY_free(key);
	return good ? quote_fault(&p, w, rd) : 2;
}

/* The page's rd of a service: as the node's, but the other way round. */
static void service_rd(struct session *s, uint8_t out[32])
{
	uint8_t own[32];

	memcpy(own, s->rd, 32);
	s->plan.role = 2;
	s->plan.swap_spki = s->plan.swap_nonces = 1;
	make_rd(s);
	memcpy(out, s->rd, 32);
	memcpy(s->rd, own, 32);
}

static void proven(const struct wanted *w)
{
	struct service to = the_service();
	uint8_t rd[32], first[32];
	struct session s;
	struct machine m;
	struct plan p;

	machine_make(&m, KEY_P256, KEY_P256);
	plan_init(&p, &m);
	p.wants = 1;
	need(session_open(&s, &to, &m, &p) == GOOD, "HELLO");
	expect("service_evidence: wanted", GOOD, session_join(&s));
	service_rd(&s, rd);
	memcpy(first, rd, 32);
	expect("service_evidence: by the page", 0, fault_of(&s.own_evidence, w, rd));
	expect("service_evidence: not over the node's rd", 4, fault_of(&s.own_evidence, w, s.rd));
	s.own_evidence.data[s.own_evidence.len - 1] ^= 1;
	expect("service_evidence: other values", 6, fault_of(&s.own_evidence, w, rd));
	session_close(&s);
	need(session_open(&s, &to, &m, &p) == GOOD && session_join(&s) == GOOD, "once more");
	expect("service_evidence: not of an earlier connection", 4,
		fault_of(&s.own_evidence, w, first));
	session_close(&s);
	p.wants = 0;
	expect("service_evidence: not wanted", GOOD, session_whole(&to, &m, &p));
	machine_free(&m);
}

static pid_t start_swtpm(const char *socket)
{
	char state[300], server[300], control[300];
	pid_t pid;

	snprintf(state, sizeof(state), "dir=%s.d", socket);
	snprintf(server, sizeof(server), "type=unixio,path=%s", socket);
	snprintf(control, sizeof(control), "type=unixio,path=%s.ctrl", socket);
	need(mkdir(state + 4, 0700) == 0, "a folder of swtpm");
	pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL))
			_exit(127);
		execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server",
			server, "--ctrl", control, "--flags", "not-need-init,startup-clear",
			(char *)NULL);
		_exit(127);
	}
	need(pid > 0 && swtpm_ready(socket), "swtpm");
	return pid;
}

static void read_hex(const char *text, uint8_t out[32])
{
	unsigned byte;

	for (size_t i = 0; i < 32; i++) {
		need(sscanf(text + 2 * i, "%2x", &byte) == 1, "hexadecimal digits");
		out[i] = (uint8_t)byte;
	}
}

/* protostar.service.evidence=sha256:AK:PCRS:DIGEST */
static struct wanted read_option(const char *tcti)
{
	char line[256];
	const char *at = line;
	struct wanted w;

	service_option(tcti, PCRS_TEXT, line, sizeof(line));
	at = strstr(at, "=sha256:");
	need(at && strlen(at) >= 8 + 64 + 1 + 6 + 1 + 64, "the option for nodes");
	read_hex(at + 8, w.ak);
	w.mask = (uint32_t)strtoul(at + 8 + 65, NULL, 16);
	need(w.mask == PCRS_MASK, "the option's PCRs");
	read_hex(at + 8 + 65 + 7, w.digest);
	return w;
}

void cases_service(void)
{
	char socket[256], tcti[300];
	struct wanted w;
	pid_t swtpm;

	snprintf(socket, sizeof(socket), "%s", service_file("own"));
	snprintf(tcti, sizeof(tcti), "tpm:swtpm:path=%s", socket);
	swtpm = start_swtpm(socket);
	w = read_option(tcti);
	service_proving(tcti, PCRS_TEXT);
	proven(&w);
	service_again();
	kill(swtpm, SIGTERM);
	waitpid(swtpm, NULL, 0);
}
