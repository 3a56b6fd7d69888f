/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCR values in the forms in which other programs give them, right and wrong ones. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include "tools/lib/report.h"
#include "tools/measure/evidence/pcrs_json.h"
#include "tools/measure/evidence/quote.h"

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define ONE32 "1111111111111111111111111111111111111111111111111111111111111111"
#define HEX20 "000102030405060708090a0b0c0d0e0f10111213"

static struct register_values v;
static struct flaw flaw;

static bool lines(const char *text)
{
	/* Of a block of just this length, so that a sanitizer sees the first byte too much. */
	size_t len = strlen(text);
	uint8_t *copy = malloc(len ? len : 1);
	bool good;

	if (!copy)
		exit(1);
	memcpy(copy, text, len);
	flaw = (struct flaw){0};
	good = evidence_pcrs_lines(copy, len, &v, &flaw);
	CHECK(good == !flaw.reason);
	free(copy);
	return good;
}

/* Whether a text is refused in this line, with this in the reason. */
static bool refused(const char *text, uint64_t line, const char *why)
{
	return !lines(text) && strstr(flaw.reason, why) &&
	       (line ? strcmp(flaw.part, "line") == 0 && flaw.number == line : !flaw.part[0]);
}

static void test_banks_of_other_names(void)
{
	CHECK(lines("  sm3_256:\n    0 : 0x" ONE32 "\n  sha256:\n    0 : 0x" HEX32 "\n") &&
		v.banks == BANK_BIT(BANK_SHA256) && v.pcr[BANK_SHA256][0][1] == 1);
	CHECK(lines("sha3_256 :\n 7 : 0x" ONE32 "\nsha1 :\n 7 : 0x" HEX20) &&
		v.banks == BANK_BIT(BANK_SHA1));
	CHECK(refused("sm3_256:\n 0 : 0x" ONE32 "\n", 0, "there is no PCR value in it"));
	CHECK(refused("md5:\n 0 : 0x" HEX20 "\n", 1, "no PCR number"));
	CHECK(refused("sha256\n0 : 0x" HEX32 "\n", 1, "systemd-analyze"));
}

/* As `systemd-analyze pcrs` of 255 to 259 prints them. */
static void test_tables(void)
{
	CHECK(lines("NR NAME                SHA256\n"
		    " 0 platform-code       " HEX32 "\n"
		    " 9 kernel-initrd       " ONE32 "\n"
		    "10 ima                 " HEX32 "\n"
		    "16 debug               " HEX32 "\n"
		    "17 -                   " HEX32 "\n") &&
		v.known[BANK_SHA256] == (1u << 0 | 1u << 9 | 1u << 10 | 1u << 16 | 1u << 17) &&
		v.pcr[BANK_SHA256][9][0] == 0x11);
	CHECK(lines("NR NAME          SHA1\n 4 boot-loader-code " HEX20 "\r\n") &&
		v.known[BANK_SHA1] == 1u << 4);
	CHECK(lines("PCR  sha256\n  0  " HEX32 "\n 14  " ONE32 "\n") &&
		v.known[BANK_SHA256] == (1u << 0 | 1u << 14));
	CHECK(refused("PCR  sha1\n  0  " HEX32 "\n", 2, "its bank's"));
	CHECK(refused("PCR  bank    value\n  0  sha1  " HEX20 "\n", 1, "no PCR number"));
	/* Without a readable TPM there is no third column. */
	CHECK(refused("NR NAME\n 0 platform-code\n", 1, "no PCR number"));
	CHECK(refused("NR NAME SHA256\n 0 platform-code\n", 2, "no digest's length"));
	CHECK(refused("NR NAME SHA256\n 0 platform-code " HEX20 "\n", 2, "its bank's"));
	CHECK(refused("NR NAME SHA256\n 0 platform code " HEX32 "\n", 2, "no digest's length"));
	CHECK(refused("NR NAME SHA256\n\n 0 a " HEX32 "\n 0 a " ONE32, 4, "two values"));
}

/* As tpm2_eventlog prints a log: texts of events are whatever a machine put there. */
static void test_listed_logs(void)
{
	static const char head[] = "---\nversion: 1\nevents:\n- EventNum: 0\n  PCRIndex: 0\n"
				   "  EventType: EV_NO_ACTION\n  Event:\n    String: |-\n";

	CHECK(lines("---\nversion: 1\nevents:\n- EventNum: 0\npcrs:\n  sha1:\n    0  : 0x" HEX20
		    "\n  sha256:\n    4  : 0x" HEX32 "\n") &&
		v.known[BANK_SHA256] == 1u << 4 && v.known[BANK_SHA1] == 1u << 0);
	for (unsigned i = 0; i < 2; i++) {
		char text[1024];

		snprintf(text, sizeof(text), "%s%spcrs:\n  sha256:\n    4 : 0x%s\n%s", head,
			i ? "" : "  ", ONE32, "pcrs:\n  sha256:\n    4  : 0x" HEX32 "\n");
		CHECK(lines(text) && v.pcr[BANK_SHA256][4][1] == 1);
	}
	CHECK(refused("---\nversion: 1\nevents:\n- EventNum: 0\n", 0, "(pcrs:)"));
	CHECK(refused("---\npcrs:\n  sha256:\n    4 : 0x" HEX20 "\n", 4, "its bank's"));
	CHECK(refused("---", 0, "(pcrs:)"));
	CHECK(lines("quoted: ff54\nsignature:\n  alg: rsassa\n  sig: 00\npcrs:\n  sha256:\n"
		    "    4 : 0x" HEX32 "\ncalcDigest: 00\n") &&
		v.known[BANK_SHA256] == 1u << 4);
	CHECK(lines("pcrs:\n  sha256:\n    4 : 0x" HEX32 "\nsig: 00\n"));
	CHECK(refused("quoted: ff54\n", 0, "(pcrs:)"));
	CHECK(refused("calcDigest: 00\n4 " HEX32 "\n", 1, "no PCR number"));
	CHECK(refused("---\npcrs:", 0, "there is no PCR value"));
}

static void test_named_digests(void)
{
	CHECK(lines("11:sha256=" HEX32 "\n11:sha1=" HEX20 "\n") &&
		v.banks == (BANK_BIT(BANK_SHA1) | BANK_BIT(BANK_SHA256)));
	CHECK(refused("4 " HEX32 "\n11:sha384=" HEX32 "\n", 2, "its bank's"));
	CHECK(refused("11:md5=" HEX32 "\n", 1, "no digest's length"));
}

static bool json(const char *text)
{
	return evidence_pcrs_json("values.json", (const uint8_t *)text, strlen(text), &v);
}

static void test_rows(void)
{
	CHECK(json("[{\"nr\":0,\"name\":\"platform-code\",\"sha256\":\"" HEX32 "\"},"
		   "{\"nr\":17,\"name\":null,\"sha256\":\"" ONE32 "\"}]") &&
		v.known[BANK_SHA256] == (1u << 0 | 1u << 17));
	CHECK(!json("[]"));
	CHECK(!json("[{\"nr\":0,\"name\":\"platform-code\"}]"));
	CHECK(!json("[{\"nr\":24,\"sha256\":\"" HEX32 "\"}]"));
	CHECK(!json("[{\"nr\":-1,\"sha256\":\"" HEX32 "\"}]"));
	CHECK(!json("[{\"sha256\":\"" HEX32 "\"}]"));
	CHECK(!json("[{\"nr\":4,\"sha256\":\"" HEX20 "\"}]"));
	CHECK(!json("[{\"nr\":4,\"-\":null}]"));
	CHECK(!json("[{\"nr\":4,\"sha1\":\"" HEX20 "\"},4]"));
	CHECK(!json("[{\"nr\":4,\"sha256\":\"" HEX32 "\"},{\"nr\":4,\"sha256\":\"" ONE32 "\"}]"));
}

static void test_key_policies(void)
{
	CHECK(json("{\"Measurements\":{\"HashAlgorithm\":\"SHA256\",\"PCR4\":\"" HEX32
		   "\",\"PCR12\":\"" ONE32 "\"}}") &&
		v.known[BANK_SHA256] == (1u << 4 | 1u << 12));
	CHECK(!json("{\"Measurements\":{\"HashAlgorithm\":\"SHA256\"}}"));
	CHECK(!json("{\"Measurements\":{\"HashAlgorithm\":\"SHA384\",\"PCR4\":\"" HEX32 "\"}}"));
	CHECK(!json("{\"Measurements\":{\"HashAlgorithm\":\"MD5\",\"PCR4\":\"" HEX32 "\"}}"));
	CHECK(!json("{\"Measurements\":{\"PCR4\":\"" HEX32 "\"}}"));
	CHECK(!json("{\"Measurements\":{\"HashAlgorithm\":\"SHA256\",\"PCR24\":\"" HEX32 "\"}}"));
	CHECK(!json("{\"Measurements\":{\"HashAlgorithm\":\"SHA256\",\"pcr4\":\"" HEX32 "\"}}"));
	CHECK(!json("{\"Measurements\":[]}"));
	CHECK(!json("{\"Measurements\":{\"HashAlgorithm\":\"SHA256\",\"PCR4\":\"" HEX32
		    "\"},\"more\":1}"));
}

static bool binary(const char *selection, size_t len)
{
	static struct evidence e;
	uint8_t *bytes = malloc(len ? len : 1);
	bool good;

	if (!bytes)
		exit(1);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)i;
	flaw = (struct flaw){0};
	good = evidence_selection(selection, &e) && evidence_pcrs_binary(&e, bytes, len, &flaw);
	v = e.values;
	free(bytes);
	return good;
}

static void test_bare_digests(void)
{
	CHECK(binary("sha256:9,4", 64) && v.known[BANK_SHA256] == (1u << 4 | 1u << 9) &&
		v.pcr[BANK_SHA256][4][0] == 0 && v.pcr[BANK_SHA256][9][0] == 32);
	CHECK(binary("sha384:0+sha1:1-2", 88) && v.known[BANK_SHA384] == 1 &&
		v.pcr[BANK_SHA1][1][0] == 48 && v.pcr[BANK_SHA1][2][0] == 68);
	CHECK(binary("sha1:all", 480) && v.known[BANK_SHA1] == 0xffffff);
	CHECK(!binary("sha1:all", 479) && strstr(flaw.reason, "fewer digests"));
	CHECK(!binary("sha1:all", 481) && strstr(flaw.reason, "more digests"));
	CHECK(!binary("sha256:4", 0) && strstr(flaw.reason, "fewer digests"));
	CHECK(!binary("sha256:4+sha256:4", 64) && strstr(flaw.reason, "two values"));
	CHECK(!binary("", 32) && !flaw.reason);
	CHECK(!binary("sha256", 32) && !flaw.reason);
	CHECK(!binary("sha256:", 32) && !flaw.reason);
	CHECK(!binary("sha256:24", 32) && !flaw.reason);
	CHECK(!binary("md5:4", 16) && !flaw.reason);
	CHECK(!binary("sha256:4+", 32) && !flaw.reason);
	CHECK(!binary("sha1:1+sha1:2+sha1:3+sha1:4+sha1:5", 100) && !flaw.reason);
}

int main(void)
{
	report_silence();
	RUN(test_banks_of_other_names);
	RUN(test_tables);
	RUN(test_listed_logs);
	RUN(test_named_digests);
	RUN(test_rows);
	RUN(test_key_policies);
	RUN(test_bare_digests);
	return test_summary();
}
