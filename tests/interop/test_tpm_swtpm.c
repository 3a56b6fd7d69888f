/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TPM evidence against a real TPM 2.0 (swtpm) driven by tpm2-tools: a quote made by tpm2_quote is
 * good for the service and for tpm2_checkquote, and a changed one for neither; a credential that
 * the service makes for any kind of endorsement key is opened by TPM2_ActivateCredential.
 */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "tools/evidence/tpm/credential.h"
#include "tools/evidence/tpm/quote.h"

#define PCRS "0,4,7,9,11,15"
#define MASK 0x00008a91u

static char folder[] = "/tmp/protostar-swtpm-XXXXXX";
static pid_t swtpm;
static struct tpm_public ak;
static uint8_t rd[32];
static char rd_hex[65];

/* Runs a shell command in the folder and tells whether it ended well. */
static bool sh(const char *command)
{
	int how = system(command);

	if (how)
		fprintf(stderr, "ended with %d: %s\n", how, command);
	return how == 0;
}

/* The same for a command that must fail; what it says is of no interest. */
static bool sh_refuses(const char *command)
{
	char quiet[1024];
	int how;

	snprintf(quiet, sizeof(quiet), "%s >/dev/null 2>&1", command);
	how = system(quiet);
	return WIFEXITED(how) && WEXITSTATUS(how) == 1;
}

static size_t slurp(const char *name, uint8_t *out, size_t size)
{
	FILE *f = fopen(name, "rb");
	size_t n = f ? fread(out, 1, size, f) : 0;

	if (f)
		fclose(f);
	return n;
}

static bool spill(const char *name, const uint8_t *data, size_t len)
{
	FILE *f = fopen(name, "wb");
	bool good = f && fwrite(data, 1, len, f) == len;

	return f && fclose(f) == 0 && good;
}

static void start_swtpm(void)
{
	struct stat st;

	REQUIRE(mkdtemp(folder) != NULL && chdir(folder) == 0);
	REQUIRE(mkdir("state", 0700) == 0);
	/* It keeps an endorsement key on P-384. */
	REQUIRE(sh("swtpm_setup --tpm2 --tpmstate state --ecc --createek "
		   "--pcr-banks sha1,sha256,sha384 --logfile setup.log >setup.out 2>&1"));
	swtpm = fork();
	if (swtpm == 0) {
		/* It reports every connection on standard error. */
		if (!freopen("swtpm.log", "w", stderr))
			_exit(127);
		execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", "dir=state", "--server",
			"type=unixio,path=tpm", "--ctrl", "type=unixio,path=tpm.ctrl", "--flags",
			"not-need-init,startup-clear", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 200 && stat("tpm.ctrl", &st); i++)
		nanosleep(&(struct timespec){0, 50000000}, NULL);
	setenv("TPM2TOOLS_TCTI", "swtpm:path=tpm", 1);
	REQUIRE(stat("tpm.ctrl", &st) == 0);
}

static void stop_swtpm(void)
{
	char command[128];

	if (swtpm > 0) {
		kill(swtpm, SIGTERM);
		waitpid(swtpm, NULL, 0);
	}
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	CHECK(chdir("/") == 0 && sh(command));
}

/* A file from tpm2-tools holds a TPM2B_PUBLIC: a length, then the area. */
static bool read_area(const char *name, uint8_t *area, size_t size, size_t *out_len)
{
	size_t n = slurp(name, area, size);

	if (n < 2 || n - 2 != ((size_t)area[0] << 8 | area[1]))
		return false;
	memmove(area, area + 2, n - 2);
	*out_len = n - 2;
	return true;
}

/* An endorsement key of the TPM: how tpm2-tools make it, or find it, and satisfy its policy. */
struct ek_kind {
	const char *name, *make, *session, *satisfy;
	enum tpm_key_kind kind;
	size_t encrypted_len;
	struct tpm_public public;
};

static struct ek_kind kinds[] = {
	{.name = "p256",
		.make = "tpm2_createek -Q -G ecc -c p256.ctx -u p256.pub",
		.session = "sha256",
		.satisfy = "true",
		.kind = TPM_KEY_P256,
		.encrypted_len = 2 * (2 + 32)},
	{.name = "rsa",
		.make = "tpm2_createek -Q -G rsa -c rsa.ctx -u rsa.pub",
		.session = "sha256",
		.satisfy = "true",
		.kind = TPM_KEY_RSA,
		.encrypted_len = 256},
	/* swtpm's own, of template H-3, whose policy has a second branch. */
	{.name = "p384",
		.make = "tpm2_readpublic -Q -c 0x81010016 -o p384.pub -t p384.ctx",
		.session = "sha384",
		.satisfy = "tpm2_policyor -Q -S s.ctx -L or.policy sha384:policy.a,policy.c",
		.kind = TPM_KEY_P384,
		.encrypted_len = 2 * (2 + 48)},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* TCG EK Credential Profile 2.5, B.4: the branches of PolicyB by SHA-384. */
static const uint8_t policy_a[48] = {0x8b, 0xbf, 0x22, 0x66, 0x53, 0x7c, 0x17, 0x1c, 0xb5, 0x6e,
	0x40, 0x3c, 0x4d, 0xc1, 0xd4, 0xb6, 0x4f, 0x43, 0x26, 0x11, 0xdc, 0x38, 0x6e, 0x6f, 0x53,
	0x20, 0x50, 0xc3, 0x27, 0x8c, 0x93, 0x0e, 0x14, 0x3e, 0x8b, 0xb1, 0x13, 0x38, 0x24, 0xcc,
	0xb4, 0x31, 0x05, 0x38, 0x71, 0xc6, 0xdb, 0x53};
static const uint8_t policy_c[48] = {0xd6, 0x03, 0x2c, 0xe6, 0x1f, 0x2f, 0xb3, 0xc2, 0x40, 0xeb,
	0x3c, 0xf6, 0xa3, 0x32, 0x37, 0xef, 0x2b, 0x6a, 0x16, 0xf4, 0x29, 0x3c, 0x22, 0xb4, 0x55,
	0xe2, 0x61, 0xcf, 0xfd, 0x21, 0x7a, 0xd5, 0xb4, 0x94, 0x7c, 0x2d, 0x73, 0xe6, 0x30, 0x05,
	0xee, 0xd2, 0xdc, 0x2b, 0x35, 0x93, 0xd1, 0x65};

static void make_ek(struct ek_kind *k)
{
	char command[256], file[32];
	uint8_t area[1024];
	struct tpm_public none;
	size_t len;

	snprintf(command, sizeof(command), "%s && tpm2_flushcontext -t", k->make);
	REQUIRE(sh(command));
	snprintf(file, sizeof(file), "%s.pub", k->name);
	REQUIRE(read_area(file, area, sizeof(area), &len));
	REQUIRE(tpm_ek_parse(area, len, &k->public) == TPM_GOOD && k->public.kind == k->kind);
	CHECK(tpm_ak_parse(area, len, &none) ==
		(k->kind == TPM_KEY_P384 ? TPM_AK_FORM : TPM_AK_ATTRIBUTES));
	/* By the templates with low numbers a node's id is the key's Name. */
	CHECK((k->public.name_len == TPM_NAME_LEN &&
		      memcmp(k->public.name, k->public.node_id, TPM_NAME_LEN) == 0) ==
		(k->kind != TPM_KEY_P384));
}

/* The Name that the TPM itself gives to a key whose area was read. */
static void check_name(const char *file, const struct tpm_public *key)
{
	uint8_t name[64];

	REQUIRE(slurp(file, name, sizeof(name)) == key->name_len);
	CHECK_BYTES(key->name, name, key->name_len);
}

static void make_keys(void)
{
	uint8_t area[512];
	size_t len;

	for (size_t i = 0; i < KINDS; i++)
		make_ek(&kinds[i]);
	REQUIRE(spill("policy.a", policy_a, sizeof(policy_a)));
	REQUIRE(spill("policy.c", policy_c, sizeof(policy_c)));
	REQUIRE(sh("tpm2_readpublic -Q -c 0x81010016 -n p384.name"));
	check_name("p384.name", &kinds[2].public);
	REQUIRE(sh("tpm2_createak -Q -C p256.ctx -G ecc -g sha256 -s ecdsa -c ak.ctx -u ak.pub -n "
		   "ak.name && tpm2_flushcontext -t"));
	REQUIRE(read_area("ak.pub", area, sizeof(area), &len));
	REQUIRE(tpm_ak_parse(area, len, &ak) == TPM_GOOD);
	check_name("ak.name", &ak);
}

/* A key of another kind than the protocol allows comes from the same TPM. */
static void test_other_keys(void)
{
	uint8_t area[512];
	struct tpm_public out;
	size_t len;

	REQUIRE(sh("tpm2_createak -Q -C p256.ctx -G rsa -g sha256 -s rsapss -c r.ctx -u r.pub -n "
		   "r.name && tpm2_flushcontext -t"));
	REQUIRE(read_area("r.pub", area, sizeof(area), &len));
	CHECK(tpm_ak_parse(area, len, &out) == TPM_AK_SCHEME);
	REQUIRE(sh("tpm2_createprimary -Q -C o -G ecc256:ecdsa-sha256 -a "
		   "'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign' -c p.ctx && "
		   "tpm2_readpublic -Q -c p.ctx -o p.pub && tpm2_flushcontext -t"));
	REQUIRE(read_area("p.pub", area, sizeof(area), &len));
	CHECK(tpm_ak_parse(area, len, &out) == TPM_AK_ATTRIBUTES);
}

struct evidence {
	uint8_t attest[1024], sig[512], values[6 * 64];
	size_t attest_len, sig_len, values_len;
};

static bool quote_by(const char *key, const char *bank, struct evidence *out)
{
	char command[512];

	snprintf(command, sizeof(command),
		"tpm2_quote -Q -c %s.ctx -g sha256 -l %s:" PCRS
		" -q %s -m q.msg -s q.sig -o q.pcrs && tpm2_flushcontext -t && "
		"tpm2_pcrread -Q -o q.values %s:" PCRS,
		key, bank, rd_hex, bank);
	if (!sh(command))
		return false;
	out->attest_len = slurp("q.msg", out->attest, sizeof(out->attest));
	out->sig_len = slurp("q.sig", out->sig, sizeof(out->sig));
	out->values_len = slurp("q.values", out->values, sizeof(out->values));
	return true;
}

static enum tpm_fault verdict_by(
	const struct tpm_public *key, const struct evidence *e, uint16_t bank)
{
	struct tpm_quote_request r = {
		.ak = key,
		.report_data = rd,
		.bank = bank,
		.pcr_mask = MASK,
		.attest = {e->attest, e->attest_len},
		.signature = {e->sig, e->sig_len},
		.pcr_values = {e->values, e->values_len},
	};
	struct tpm_quote out = {0};
	enum tpm_fault fault = tpm_quote_check(&r, &out);

	/* swtpm's version, as tpm2_getcap shows it. */
	if (fault == TPM_GOOD)
		CHECK(out.firmware_version >> 32 == 0x20191023);
	return fault;
}

static enum tpm_fault verdict(const struct evidence *e, uint16_t bank)
{
	return verdict_by(&ak, e, bank);
}

static bool quote(const char *bank, struct evidence *out)
{
	return quote_by("ak", bank, out);
}

/* As Azure's and Google's: RSA with RSASSA. */
static void test_rsa_quote(void)
{
	uint8_t area[512];
	struct tpm_public rsa;
	struct evidence e;
	size_t len;

	REQUIRE(sh("tpm2_createak -Q -C p256.ctx -G rsa -g sha256 -s rsassa -c ra.ctx -u ra.pub -n "
		   "ra.name && tpm2_flushcontext -t"));
	REQUIRE(read_area("ra.pub", area, sizeof(area), &len));
	REQUIRE(tpm_ak_parse(area, len, &rsa) == TPM_GOOD && rsa.kind == TPM_KEY_RSA);
	check_name("ra.name", &rsa);
	REQUIRE(quote_by("ra", "sha256", &e));
	CHECK(verdict_by(&rsa, &e, 0x000b) == TPM_GOOD);
	CHECK(verdict_by(&ak, &e, 0x000b) == TPM_QUOTE_SIGNATURE);
	e.sig[e.sig_len - 1] ^= 1;
	CHECK(verdict_by(&rsa, &e, 0x000b) == TPM_QUOTE_SIGNATURE);
	REQUIRE(quote("sha256", &e));
	CHECK(verdict_by(&rsa, &e, 0x000b) == TPM_QUOTE_SIGNATURE);
}

static void test_quotes(void)
{
	static const struct {
		const char *name;
		uint16_t alg;
	} banks[] = {{"sha256", 0x000b}, {"sha384", 0x000c}};
	char check[256];
	struct evidence e;

	REQUIRE(sh("tpm2_pcrextend "
		   "11:sha256=1111111111111111111111111111111111111111111111111111111111111111"));
	snprintf(check, sizeof(check),
		"tpm2_checkquote -Q -u ak.pub -m q.msg -s q.sig -f q.pcrs -g sha256 -q %s", rd_hex);
	for (size_t i = 0; i < 2; i++) {
		REQUIRE(quote(banks[i].name, &e));
		CHECK(verdict(&e, banks[i].alg) == 0);
		CHECK(verdict(&e, banks[1 - i].alg) == TPM_QUOTE_SELECTION);
		CHECK(sh(check));
		e.attest[e.attest_len - 1] ^= 1;
		CHECK(verdict(&e, banks[i].alg) == TPM_QUOTE_SIGNATURE);
		REQUIRE(spill("q.msg", e.attest, e.attest_len));
		CHECK(sh_refuses(check));
	}
	/* The TPM moves on: the same quote no longer tells the PCRs. */
	REQUIRE(quote("sha256", &e) &&
		sh("tpm2_pcrextend "
		   "11:sha256=2222222222222222222222222222222222222222222222222222222222222222 && "
		   "tpm2_pcrread -Q -o q.values sha256:" PCRS));
	CHECK(slurp("q.values", e.values, sizeof(e.values)) == 6 * 32);
	CHECK(verdict(&e, 0x000b) == TPM_QUOTE_DIGEST);
	rd[0] ^= 1;
	CHECK(verdict(&e, 0x000b) == TPM_QUOTE_REPORT_DATA);
	rd[0] ^= 1;
}

static size_t put_2b(uint8_t *out, const uint8_t *data, size_t len)
{
	out[0] = (uint8_t)(len >> 8);
	out[1] = (uint8_t)len;
	memcpy(out + 2, data, len);
	return 2 + len;
}

/* What tpm2_activatecredential reads: magic, version, TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET. */
static bool write_credential(const struct tpm_credential *c)
{
	uint8_t file[8 + 2 + TPM_CREDENTIAL_MAX + 2 + TPM_ENCRYPTED_MAX] = {
		0xba, 0xdc, 0xc0, 0xde, 0, 0, 0, 1};
	size_t n = 8;

	n += put_2b(file + n, c->blob, c->blob_len);
	n += put_2b(file + n, c->encrypted, c->encrypted_len);
	return spill("credential", file, n);
}

static void activation_command(const struct ek_kind *k, char out[512])
{
	snprintf(out, 512,
		"tpm2_startauthsession --policy-session -g %s -S s.ctx && "
		"tpm2_policysecret -Q -S s.ctx -c e && %s && "
		"{ tpm2_activatecredential -Q -c ak.ctx -C %s.ctx -i credential -o opened -P "
		"session:s.ctx; r=$?; tpm2_flushcontext s.ctx; tpm2_flushcontext -t; exit $r; }",
		k->session, k->satisfy, k->name);
}

static void activate_kind(const struct ek_kind *k)
{
	static const size_t lengths[] = {1, 16, 31, 32};
	uint8_t secret[32], opened[64], other_name[TPM_NAME_LEN];
	struct tpm_credential c;
	char activate[512];

	activation_command(k, activate);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		REQUIRE(!failed(random_bytes(secret, sizeof(secret))));
		REQUIRE(tpm_make_credential(&k->public, ak.name, secret, lengths[i], &c) ==
			TPM_GOOD);
		CHECK(c.encrypted_len == k->encrypted_len);
		REQUIRE(write_credential(&c) && sh(activate));
		REQUIRE(slurp("opened", opened, sizeof(opened)) == lengths[i]);
		CHECK_BYTES(opened, secret, lengths[i]);
	}
	/* For another key's Name, or with one bit changed, the TPM gives nothing. */
	memcpy(other_name, ak.name, sizeof(other_name));
	other_name[33] ^= 1;
	REQUIRE(tpm_make_credential(&k->public, other_name, secret, 32, &c) == TPM_GOOD);
	REQUIRE(write_credential(&c));
	CHECK(sh_refuses(activate));
	REQUIRE(tpm_make_credential(&k->public, ak.name, secret, 32, &c) == TPM_GOOD);
	c.blob[c.blob_len - 1] ^= 1;
	REQUIRE(write_credential(&c));
	CHECK(sh_refuses(activate));
}

static void test_activation(void)
{
	for (size_t i = 0; i < KINDS; i++)
		activate_kind(&kinds[i]);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()) ||
		failed(random_bytes(rd, sizeof(rd))))
		return 1;
	for (size_t i = 0; i < sizeof(rd); i++)
		snprintf(rd_hex + 2 * i, 3, "%02x", rd[i]);
	RUN(start_swtpm);
	RUN(make_keys);
	RUN(test_other_keys);
	RUN(test_quotes);
	RUN(test_rsa_quote);
	RUN(test_activation);
	RUN(stop_swtpm);
	secret_pool_close();
	return test_summary();
}
