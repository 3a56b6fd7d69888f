/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1's TPM code against a real TPM 2.0 (swtpm), judged by the services' own evidence check. The
 * faults a hostile TPM adds are bits flipped in its responses, one response at a time.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tcti_swtpm.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/contract/pcr15.h"
#include "early/tpm/tpm.h"
#include "early/tpm/tpm_frame.h"
#include "early/tpm/tpm_rc_text.h"
#include "tests/interop/swtpm_ready.h"
#include "tests/interop/tpm_fault.h"
#include "tests/unit/test.h"
#include "tools/evidence/tpm/credential.h"
#include "tools/evidence/tpm/quote.h"

#define MASK	    0x00fffbffu /* 23 PCRs: three answers to PCR_Read */
#define SHA256_BANK 0x000B

static char folder[] = "/tmp/protostar-early-tpm-XXXXXX";
static pid_t swtpm;
static TSS2_TCTI_CONTEXT *socket_tcti;
static struct tpm_frame frame;

static void run(const char *command)
{
	CHECK(system(command) == 0);
}

/* A fresh swtpm; banks NULL leaves the default. */
static void start_swtpm(const char *banks)
{
	char conf[64], setup[256];
	size_t size = 0;

	REQUIRE(mkdir("state", 0700) == 0);
	if (banks) {
		snprintf(setup, sizeof(setup),
			"swtpm_setup --tpm2 --tpmstate state --pcr-banks %s >setup.log 2>&1",
			banks);
		run(setup);
	}
	swtpm = fork();
	if (swtpm == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!freopen("swtpm.log", "w", stderr))
			_exit(127);
		execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", "dir=state", "--server",
			"type=unixio,path=tpm", "--ctrl", "type=unixio,path=tpm.ctrl", "--flags",
			"not-need-init,startup-clear", (char *)NULL);
		_exit(127);
	}
	REQUIRE(swtpm_ready("tpm"));
	REQUIRE(Tss2_Tcti_Swtpm_Init(NULL, &size, NULL) == 0);
	socket_tcti = calloc(1, size);
	snprintf(conf, sizeof(conf), "path=tpm");
	REQUIRE(socket_tcti && Tss2_Tcti_Swtpm_Init(socket_tcti, &size, conf) == 0);
}

static void stop_swtpm(void)
{
	Tss2_Tcti_Finalize(socket_tcti);
	free(socket_tcti);
	kill(swtpm, SIGTERM);
	waitpid(swtpm, NULL, 0);
	run("rm -rf state tpm tpm.ctrl swtpm.log setup.log");
}

static struct status open_tpm(unsigned flip_at, size_t bit, struct tpm **out)
{
	return tpm_open(tpm_frame_wrap(&frame, tpm_fault_wrap(socket_tcti, flip_at, bit)), out);
}

/* Handles that a leak would leave behind: transient objects, sessions. */
static void check_nothing_left(void)
{
	CHECK(tpm_handles(socket_tcti, TPM2_TRANSIENT_FIRST).count == 0);
	CHECK(tpm_handles(socket_tcti, TPM2_LOADED_SESSION_FIRST).count == 0);
}

static void test_keys_are_the_same_every_time(void)
{
	uint8_t ak[TPM_PUB_MAX], ek[TPM_PUB_MAX];
	size_t ak_len = 0, ek_len = 0;
	struct tpm_public parsed;
	struct tpm *t;

	for (int i = 0; i < 2; i++) {
		REQUIRE(!failed(open_tpm(0, 0, &t)));
		struct span a = tpm_ak_area(t), e = tpm_ek_area(t);

		CHECK(tpm_ak_parse(a.data, a.len, &parsed) == TPM_GOOD);
		CHECK(tpm_ek_parse(e.data, e.len, &parsed) == TPM_GOOD);
		if (i == 0) {
			memcpy(ak, a.data, ak_len = a.len);
			memcpy(ek, e.data, ek_len = e.len);
		}
		CHECK(a.len == ak_len && memcmp(a.data, ak, ak_len) == 0);
		CHECK(e.len == ek_len && memcmp(e.data, ek, ek_len) == 0);
		CHECK(a.len != e.len || memcmp(a.data, e.data, a.len) != 0);
		tpm_close(t);
		check_nothing_left();
	}
}

static enum tpm_fault quote_verdict(const struct tpm_public *ak, const uint8_t rd[RD_LEN],
	uint32_t mask, const struct tpm_evidence *e)
{
	struct tpm_quote_request r = {
		.ak = ak,
		.report_data = rd,
		.bank = SHA256_BANK,
		.pcr_mask = mask,
		.attest = {e->attest, e->attest_len},
		.signature = {e->signature, e->signature_len},
		.pcr_values = {e->pcr_values, e->pcr_values_len},
	};
	struct tpm_quote quote;

	return tpm_quote_check(&r, &quote);
}

static void test_quote_is_good_for_the_service(void)
{
	static struct tpm_evidence e;
	struct tpm_public ak;
	uint8_t rd[RD_LEN];
	struct tpm *t;

	memset(rd, 0x31, sizeof(rd));
	REQUIRE(!failed(open_tpm(0, 0, &t)));
	struct span a = tpm_ak_area(t);

	REQUIRE(tpm_ak_parse(a.data, a.len, &ak) == TPM_GOOD);
	REQUIRE(!failed(tpm_quote(t, SHA256_BANK, MASK, rd, &e)));
	CHECK(e.pcr_values_len == 23 * 32);
	CHECK(quote_verdict(&ak, rd, MASK, &e) == TPM_GOOD);
	rd[0] ^= 1;
	CHECK(quote_verdict(&ak, rd, MASK, &e) == TPM_QUOTE_REPORT_DATA);
	tpm_close(t);
	check_nothing_left();
}

static struct status activate(
	struct tpm *t, const struct tpm_credential *c, size_t blob_len, struct secret *out)
{
	return tpm_activate(t, (struct span){c->blob, blob_len},
		(struct span){c->encrypted, c->encrypted_len}, out);
}

static void test_activation(void)
{
	struct tpm_credential c;
	struct secret got = {0};
	struct tpm_public ak, ek;
	uint8_t secret[32];
	struct tpm *t;

	memset(secret, 0x44, sizeof(secret));
	REQUIRE(!failed(open_tpm(0, 0, &t)));
	REQUIRE(tpm_ak_parse(tpm_ak_area(t).data, tpm_ak_area(t).len, &ak) == TPM_GOOD);
	REQUIRE(tpm_ek_parse(tpm_ek_area(t).data, tpm_ek_area(t).len, &ek) == TPM_GOOD);
	REQUIRE(tpm_make_credential(&ek, ak.name, secret, sizeof(secret), &c) == TPM_GOOD);
	REQUIRE(!failed(activate(t, &c, c.blob_len, &got)));
	CHECK(got.len == 32 && memcmp(got.bytes, secret, 32) == 0);
	secret_free(&got);
	for (size_t at = 0; at < c.blob_len; at += 5) {
		c.blob[at] ^= 1;
		CHECK(activate(t, &c, c.blob_len, &got).code == E_TPM_ACTIVATE);
		c.blob[at] ^= 1;
	}
	CHECK(activate(t, &c, CREDENTIAL_MAX, &got).code == E_TPM_CREDENTIAL);
	CHECK(!got.bytes);
	tpm_close(t);
	check_nothing_left();
}

/* PCR 15 after an extension with `text`, from zero. */
static void test_pcr15(void)
{
	static struct tpm_evidence e;
	const uint8_t rd[RD_LEN] = {1};
	uint8_t want[32] = {0}, digest[32];
	struct tpm *t;

	REQUIRE(!failed(open_tpm(0, 0, &t)));
	REQUIRE(!failed(tpm_quote(t, SHA256_BANK, 1u << 15, rd, &e)));
	CHECK(memcmp(e.pcr_values, want, 32) == 0);
	REQUIRE(!failed(tpm_cap(t)));
	sha256(PCR15_SEALED, strlen(PCR15_SEALED), digest);
	CHECK(pcr_extend(SHA256_BANK, want, digest));
	REQUIRE(!failed(tpm_quote(t, SHA256_BANK, 1u << 15, rd, &e)));
	CHECK(memcmp(e.pcr_values, want, 32) == 0);
	tpm_poison(t);
	sha256(PCR15_FAILED, strlen(PCR15_FAILED), digest);
	CHECK(pcr_extend(SHA256_BANK, want, digest));
	REQUIRE(!failed(tpm_quote(t, SHA256_BANK, 1u << 15, rd, &e)));
	CHECK(memcmp(e.pcr_values, want, 32) == 0);
	tpm_poison(NULL);
	tpm_close(t);
	check_nothing_left();
}

static void test_one_at_a_time(void)
{
	struct tpm *t, *second;

	REQUIRE(!failed(open_tpm(0, 0, &t)));
	CHECK(tpm_open(socket_tcti, &second).code == E_TPM_BUSY);
	tpm_close(t);
	tpm_close(NULL);
}

/* The whole of what a service can ask for beside a quote. */
static bool activates(struct tpm *t, const struct tpm_public *ak, const struct tpm_public *ek)
{
	static const uint8_t secret[32] = "what only this TPM can read out";
	struct tpm_credential c;
	struct secret got = {0};
	bool same;

	if (tpm_make_credential(ek, ak->name, secret, sizeof(secret), &c) != TPM_GOOD ||
		failed(activate(t, &c, c.blob_len, &got)))
		return false;
	same = got.len == sizeof(secret) && memcmp(got.bytes, secret, sizeof(secret)) == 0;
	secret_free(&got);
	return same;
}

/* True when nothing was noticed on the node, nor by the service. */
static bool survives_flip(
	unsigned at, size_t bit, const struct tpm_public *ak, const struct tpm_public *ek)
{
	static struct tpm_evidence e;
	const uint8_t rd[RD_LEN] = {2};
	struct tpm *t;
	bool good;

	if (failed(open_tpm(at, bit, &t)))
		return false;
	good = !failed(tpm_quote(t, SHA256_BANK, 1u << 11, rd, &e)) &&
	       quote_verdict(ak, rd, 1u << 11, &e) == TPM_GOOD && activates(t, ak, ek);
	tpm_close(t);
	return good;
}

/*
 * Every response of an open, a quote and an activation, with a bit flipped here and there: no
 * crash, no leak of memory, most of them noticed. What passes is what nobody looks at: clocks,
 * counters.
 */
static void test_flipped_responses(void)
{
	static struct tpm_evidence e;
	const uint8_t rd[RD_LEN] = {2};
	unsigned whole, flips = 0, refused = 0;
	struct tpm_public ak, ek;
	struct tpm *t;

	REQUIRE(!failed(open_tpm(0, 0, &t)));
	REQUIRE(tpm_ak_parse(tpm_ak_area(t).data, tpm_ak_area(t).len, &ak) == TPM_GOOD);
	REQUIRE(tpm_ek_parse(tpm_ek_area(t).data, tpm_ek_area(t).len, &ek) == TPM_GOOD);
	REQUIRE(!failed(tpm_quote(t, SHA256_BANK, 1u << 11, rd, &e)));
	REQUIRE(activates(t, &ak, &ek));
	whole = tpm_fault_responses();
	tpm_close(t);
	for (unsigned at = 1; at <= whole; at++) {
		for (size_t bit = at; bit < 3000; bit += 97) {
			flips++;
			refused += !survives_flip(at, bit, &ak, &ek);
			tpm_flush_all(socket_tcti);
		}
	}
	CHECK(refused > flips / 2 && refused < flips);
}

/* The TPM refuses the endorsement key: the code, and what the console says beside it. */
static void check_refused(const char *words)
{
	struct tpm *t;

	CHECK(open_tpm(0, 0, &t).code == E_TPM_EK);
	CHECK(strstr(console_detail_text(), words));
}

#define SESSIONS     0x80, 0x02
#define NO_PASSWORD  0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0
#define THE_PASSWORD 0, 0, 0, 12, 0x40, 0, 0, 9, 0, 0, 0, 0, 3, 1, 2, 3
#define ENDORSEMENT  0x40, 0, 0, 0x0b
#define PLATFORM     0x40, 0, 0, 0x0c

static void test_hierarchy_password(void)
{
	/* TPM2_HierarchyChangeAuth */
	static const uint8_t set[] = {
		SESSIONS, 0, 0, 0, 32, 0, 0, 1, 0x29, ENDORSEMENT, NO_PASSWORD, 0, 3, 1, 2, 3};
	static const uint8_t unset[] = {
		SESSIONS, 0, 0, 0, 32, 0, 0, 1, 0x29, ENDORSEMENT, THE_PASSWORD, 0, 0};

	tpm_tell(socket_tcti, set, sizeof(set));
	check_refused("0x9a2: the TPM's endorsement hierarchy has a password: clear the TPM in its "
		      "firmware, or take the password away");
	tpm_tell(socket_tcti, unset, sizeof(unset));
	check_nothing_left();
}

/* Until the next start of the TPM. */
static void test_hierarchy_disabled(void)
{
	/* TPM2_HierarchyControl */
	static const uint8_t disable[] = {
		SESSIONS, 0, 0, 0, 32, 0, 0, 1, 0x21, PLATFORM, NO_PASSWORD, ENDORSEMENT, 0};

	tpm_tell(socket_tcti, disable, sizeof(disable));
	check_refused("0x185: the TPM's endorsement hierarchy is disabled");
}

/* Answers that swtpm does not give on request, in the forms in which they come. */
static void test_words(void)
{
	static const struct {
		uint32_t rc;
		const char *words;
	} cases[] = {
		{0x9a2, "password"},
		{0xb09a2, "password"},
		{0xc09a2, "password"},
		{0x1a2, "password"},
		{0x98e, "wrong"},
		{0x185, "disabled"},
		{0x12f, "disabled"},
		{0x101, "failure mode"},
		{0x100, "enable"},
		{0x12d, "update"},
		{0x130, "off and on"},
		{0x921, "locked"},
		{0x922, "busy"},
		{0x908, "busy"},
		{0x90a, "busy"},
		{0x902, "full"},
		{0x903, "full"},
		{0x905, "full"},
		{0x14b, "full"},
		{0x920, "storage"},
		{0x923, "storage"},
		{0x2e6, "P-256"},
		{0x1d6, "P-256"},
		{0x2d2, "P-256"},
		{0x143, "lacks a command"},
		{0xb0143, "lacks a command"},
		{0x1e, "TPM 1.2"},
		{0xa000a, "driver"},
		{0xa0009, "busy"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *words = tpm_rc_text(cases[i].rc);

		CHECK(words && strstr(words, cases[i].words));
		CHECK(words &&
			strlen(words) + sizeof("TPM response 0x12345678: ") <= CONSOLE_DETAIL_MAX);
	}
	CHECK(!tpm_rc_text(0));
	CHECK(!tpm_rc_text(0x70001));
	CHECK(!tpm_rc_text(0x709a2)); /* ESAPI's own numbers are none of the TPM's */
	CHECK(!tpm_rc_text(0xffffffff));
}

static void test_bank_not_active(void)
{
	static struct tpm_evidence e;
	const uint8_t rd[RD_LEN] = {3};
	struct tpm *t;

	stop_swtpm();
	start_swtpm("sha1,sha384");
	REQUIRE(!failed(open_tpm(0, 0, &t)));
	CHECK(tpm_quote(t, SHA256_BANK, MASK, rd, &e).code == E_TPM_BANK_MISSING);
	CHECK(strstr(console_detail_text(), "SHA-256"));
	CHECK(!failed(tpm_quote(t, 0x000C, MASK, rd, &e)));
	CHECK(e.pcr_values_len == 23 * 48);
	tpm_close(t);
}

int main(void)
{
	if (failed(secret_pool_open(1u << 16)) || failed(random_open()) || !mkdtemp(folder) ||
		chdir(folder))
		return 1;
	start_swtpm(NULL);
	RUN(test_keys_are_the_same_every_time);
	RUN(test_quote_is_good_for_the_service);
	RUN(test_activation);
	RUN(test_pcr15);
	RUN(test_one_at_a_time);
	RUN(test_words);
	RUN(test_hierarchy_password);
	RUN(test_flipped_responses);
	RUN(test_hierarchy_disabled);
	RUN(test_bank_not_active);
	stop_swtpm();
	secret_pool_close();
	CHECK(chdir("/") == 0 && rmdir(folder) == 0);
	return test_summary();
}
