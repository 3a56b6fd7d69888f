/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TPM evidence against a real TPM 2.0 (swtpm) driven by tpm2-tools: a quote made by tpm2_quote is
 * good for this room and for tpm2_checkquote, and a changed one for neither; a credential made by
 * this room is opened by TPM2_ActivateCredential.
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
#include "tools/evidence/tpm/credential.h"
#include "tools/evidence/tpm/quote.h"

#define PCRS "0,4,7,9,11,15"
#define MASK 0x00008a91u

static char folder[] = "/tmp/protostar-swtpm-XXXXXX";
static pid_t swtpm;
static struct tpm_public ek, ak;
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

static void make_keys(void)
{
	uint8_t area[512], name[64];
	size_t len;

	REQUIRE(sh("tpm2_createek -Q -G ecc -c ek.ctx -u ek.pub && tpm2_flushcontext -t"));
	REQUIRE(sh("tpm2_createak -Q -C ek.ctx -G ecc -g sha256 -s ecdsa -c ak.ctx -u ak.pub -n "
		   "ak.name && tpm2_flushcontext -t"));
	REQUIRE(read_area("ek.pub", area, sizeof(area), &len));
	REQUIRE(tpm_ek_parse(area, len, &ek) == TPM_GOOD);
	CHECK(tpm_ak_parse(area, len, &ak) == TPM_AK_ATTRIBUTES);
	REQUIRE(read_area("ak.pub", area, sizeof(area), &len));
	REQUIRE(tpm_ak_parse(area, len, &ak) == TPM_GOOD);
	REQUIRE(slurp("ak.name", name, sizeof(name)) == TPM_NAME_LEN);
	CHECK_BYTES(ak.name, name, TPM_NAME_LEN);
}

/* A key of another kind than the protocol allows comes from the same TPM. */
static void test_other_keys(void)
{
	uint8_t area[512];
	struct tpm_public out;
	size_t len;

	REQUIRE(sh("tpm2_createak -Q -C ek.ctx -G rsa -g sha256 -s rsassa -c r.ctx -u r.pub -n "
		   "r.name && tpm2_flushcontext -t"));
	REQUIRE(read_area("r.pub", area, sizeof(area), &len));
	CHECK(tpm_ak_parse(area, len, &out) == TPM_AK_FORM);
	REQUIRE(sh("tpm2_createprimary -Q -C o -G ecc256:ecdsa-sha256 -a "
		   "'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign' -c p.ctx && "
		   "tpm2_readpublic -Q -c p.ctx -o p.pub && tpm2_flushcontext -t"));
	REQUIRE(read_area("p.pub", area, sizeof(area), &len));
	CHECK(tpm_ak_parse(area, len, &out) == TPM_AK_ATTRIBUTES);
}

struct evidence {
	uint8_t attest[1024], sig[256], values[6 * 64];
	size_t attest_len, sig_len, values_len;
};

static bool quote(const char *bank, struct evidence *out)
{
	char command[512];

	snprintf(command, sizeof(command),
		"tpm2_quote -Q -c ak.ctx -g sha256 -l %s:" PCRS
		" -q %s -m q.msg -s q.sig -o q.pcrs && tpm2_flushcontext -t && "
		"tpm2_pcrread -Q -o q.values %s:" PCRS,
		bank, rd_hex, bank);
	if (!sh(command))
		return false;
	out->attest_len = slurp("q.msg", out->attest, sizeof(out->attest));
	out->sig_len = slurp("q.sig", out->sig, sizeof(out->sig));
	out->values_len = slurp("q.values", out->values, sizeof(out->values));
	return true;
}

static enum tpm_fault verdict(const struct evidence *e, uint16_t bank)
{
	struct tpm_quote_request r = {
		.ak = &ak,
		.report_data = rd,
		.bank = bank,
		.pcr_mask = MASK,
		.attest = {e->attest, e->attest_len},
		.signature = {e->sig, e->sig_len},
		.pcr_values = {e->values, e->values_len},
	};
	struct tpm_quote out;

	return tpm_quote_check(&r, &out);
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

/* What tpm2_activatecredential reads: magic, version, TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET. */
static bool write_credential(
	const uint8_t *blob, size_t blob_len, const uint8_t *seed, size_t seed_len)
{
	uint8_t file[8 + 2 * (2 + TPM_CREDENTIAL_MAX)] = {0xba, 0xdc, 0xc0, 0xde, 0, 0, 0, 1};
	size_t n = 8;

	file[n++] = 0;
	file[n++] = (uint8_t)blob_len;
	memcpy(file + n, blob, blob_len);
	n += blob_len;
	file[n++] = 0;
	file[n++] = (uint8_t)seed_len;
	memcpy(file + n, seed, seed_len);
	return spill("credential", file, n + seed_len);
}

static const char activate[] =
	"tpm2_startauthsession --policy-session -S s.ctx && tpm2_policysecret -Q -S s.ctx -c e && "
	"{ tpm2_activatecredential -Q -c ak.ctx -C ek.ctx -i credential -o opened -P "
	"session:s.ctx; r=$?; tpm2_flushcontext s.ctx; tpm2_flushcontext -t; exit $r; }";

static void test_activation(void)
{
	static const size_t lengths[] = {1, 15, 16, 31, 32};
	uint8_t secret[32], opened[64], blob[TPM_CREDENTIAL_MAX], seed[TPM_CREDENTIAL_MAX];
	uint8_t other_name[TPM_NAME_LEN];
	size_t blob_len, seed_len;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		REQUIRE(!failed(random_bytes(secret, sizeof(secret))));
		REQUIRE(!failed(tpm_make_credential(
			&ek, ak.name, secret, lengths[i], blob, &blob_len, seed, &seed_len)));
		REQUIRE(write_credential(blob, blob_len, seed, seed_len));
		REQUIRE(sh(activate));
		REQUIRE(slurp("opened", opened, sizeof(opened)) == lengths[i]);
		CHECK_BYTES(opened, secret, lengths[i]);
	}
	/* For another key's Name, or with one bit changed, the TPM gives nothing. */
	memcpy(other_name, ak.name, sizeof(other_name));
	other_name[33] ^= 1;
	REQUIRE(!failed(tpm_make_credential(
		&ek, other_name, secret, 32, blob, &blob_len, seed, &seed_len)));
	REQUIRE(write_credential(blob, blob_len, seed, seed_len));
	CHECK(sh_refuses(activate));
	REQUIRE(!failed(
		tpm_make_credential(&ek, ak.name, secret, 32, blob, &blob_len, seed, &seed_len)));
	blob[blob_len - 1] ^= 1;
	REQUIRE(write_credential(blob, blob_len, seed, seed_len));
	CHECK(sh_refuses(activate));
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
	RUN(test_activation);
	RUN(stop_swtpm);
	secret_pool_close();
	return test_summary();
}
