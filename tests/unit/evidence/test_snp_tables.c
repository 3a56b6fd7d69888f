/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's table of certificates, and the SVSM's manifest and report. */
#include <stdlib.h>

#include "crypto/digest.h"
#include "tests/unit/done.h"
#include "tests/unit/evidence/snp_rig.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/evidence/snp/svsm.h"
#include "tools/evidence/snp/table.h"
#include "tools/lib/hex.h"

#define NOW_S 1790000000 /* in September 2026 */
#define VCEK  "63da758d-e664-4564-adc5-f4b93be8accd"
#define ARK   "c0b406a4-a803-4952-9743-3fb6014cd0ae"
#define TABLE "63849ebb-3d92-4670-a1ff-58f9c94b87bb"
#define VTPM  "c476f1eb-0123-45a5-9641-b4e7dde5bfe3"
#define MM    "a4453a59-9e1b-4787-a033-1986d6adbe55"

static void put_u32(uint8_t *at, size_t v)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> 8 * i);
}

static void entry(uint8_t *at, const char *guid, size_t offset, size_t len)
{
	if (!guid_parse(guid, at))
		abort();
	put_u32(at + 16, offset);
	put_u32(at + 20, len);
}

static bool table_parses(const uint8_t *bytes, size_t len, struct snp_table *t)
{
	return done(snp_table_parse((struct span){bytes, len}, t));
}

static void test_host_table(void)
{
	uint8_t bytes[24 * 3 + 10] = {0};
	struct snp_table t;

	entry(bytes, VCEK, 72, 10);
	entry(bytes + 24, ARK, 72, 10);
	CHECK(table_parses(bytes, sizeof(bytes), &t));
	CHECK(t.vcek.data == bytes + 72 && t.vcek.len == 10 && !t.vlek.len && !t.ask.len);
	CHECK(table_parses(bytes, 0, &t));
	CHECK(!t.vcek.len);
	entry(bytes, VCEK, 73, 10); /* one byte too far */
	CHECK(!table_parses(bytes, sizeof(bytes), &t));
	entry(bytes, VCEK, 0xffffffff, 0xffffffff);
	CHECK(!table_parses(bytes, sizeof(bytes), &t));
	entry(bytes, VCEK, 1, 0xffffffff); /* the sum wraps in 32 bits */
	CHECK(!table_parses(bytes, sizeof(bytes), &t));
	CHECK(strstr(last_failure.text, "out of itself"));
	entry(bytes, VCEK, 72, 10);
	entry(bytes + 24, VCEK, 72, 9);
	CHECK(!table_parses(bytes, sizeof(bytes), &t));
	CHECK(strstr(last_failure.text, "twice"));
	entry(bytes + 24, ARK, 72, 10);
	for (size_t len = 1; len < 64; len++)
		CHECK(!table_parses(bytes, len, &t));
}

static void test_host_table_too_long(void)
{
	uint8_t *bytes = calloc(1, SNP_TABLE_MAX + 1);
	struct snp_table t;

	CHECK(table_parses(bytes, SNP_TABLE_MAX, &t));
	CHECK(!table_parses(bytes, SNP_TABLE_MAX + 1, &t));
	free(bytes);
}

static bool manifest_parses(const uint8_t *bytes, size_t len, struct span *ek)
{
	return done(svsm_manifest_parse((struct span){bytes, len}, ek));
}

static void test_manifest_of_one_service(void)
{
	uint8_t bytes[SVSM_MANIFEST_MAX + 1] = {0, 1, 0, 0x0b};
	struct span ek;

	CHECK(manifest_parses(bytes, 314, &ek));
	CHECK(ek.data == bytes && ek.len == 314);
	CHECK(!manifest_parses(bytes, 0, &ek));
	CHECK(manifest_parses(bytes, SVSM_MANIFEST_MAX, &ek));
	CHECK(!manifest_parses(bytes, SVSM_MANIFEST_MAX + 1, &ek));
}

#define SERVICES_LEN (24 + 2 * 24 + 40)

static void make_services(uint8_t bytes[SERVICES_LEN])
{
	memset(bytes, 0xee, SERVICES_LEN);
	entry(bytes, TABLE, SERVICES_LEN, 2);
	entry(bytes + 24, MM, 72, 8);
	entry(bytes + 48, VTPM, 80, 32);
}

static void test_manifest_of_all_services(void)
{
	uint8_t bytes[SERVICES_LEN];
	struct span ek;

	make_services(bytes);
	CHECK(manifest_parses(bytes, sizeof(bytes), &ek));
	CHECK(ek.data == bytes + 80 && ek.len == 32);
	for (size_t len = 16; len < sizeof(bytes); len++)
		CHECK(!manifest_parses(bytes, len, &ek));
	put_u32(bytes + 16, sizeof(bytes) - 1);
	CHECK(!manifest_parses(bytes, sizeof(bytes), &ek));
	make_services(bytes);
	put_u32(bytes + 20, 1); /* the vTPM is beyond the count */
	CHECK(!manifest_parses(bytes, sizeof(bytes), &ek));
	CHECK(strstr(last_failure.text, "has no vTPM"));
	put_u32(bytes + 20, 0xffffffff);
	CHECK(!manifest_parses(bytes, sizeof(bytes), &ek));
	put_u32(bytes + 20, 0);
	CHECK(!manifest_parses(bytes, sizeof(bytes), &ek));
}

static void test_manifest_entries(void)
{
	uint8_t bytes[SERVICES_LEN];
	struct span ek;

	make_services(bytes);
	entry(bytes + 48, VTPM, 80, 33);
	CHECK(!manifest_parses(bytes, sizeof(bytes), &ek));
	entry(bytes + 48, VTPM, 0xfffffff0, 0x20);
	CHECK(!manifest_parses(bytes, sizeof(bytes), &ek));
	CHECK(strstr(last_failure.text, "out of itself"));
	entry(bytes + 48, VTPM, 80, 0);
	CHECK(!manifest_parses(bytes, sizeof(bytes), &ek));
	make_services(bytes);
	entry(bytes + 24, MM, 113, 0); /* another service's entry counts too */
	CHECK(!manifest_parses(bytes, sizeof(bytes), &ek));
	entry(bytes + 24, VTPM, 72, 8);
	CHECK(!manifest_parses(bytes, sizeof(bytes), &ek));
	CHECK(strstr(last_failure.text, "or two"));
}

static void test_manifest_of_many_services(void)
{
	uint8_t bytes[24 + 33 * 24] = {0};
	struct span ek;

	for (size_t count = 32; count <= 33; count++) {
		size_t len = 24 + count * 24;

		entry(bytes, TABLE, len, count);
		entry(bytes + 24, VTPM, 0, 16);
		CHECK(manifest_parses(bytes, len, &ek) == (count == 32));
	}
	CHECK(strstr(last_failure.text, "more than 32 services"));
}

/* One chain, a nonce, a manifest, and the report that commits to both. */
struct scene {
	struct snp_pki chain;
	struct snp_trust *trust;
	uint8_t nonce[SNP_REPORT_DATA_LEN], manifest[SERVICES_LEN], report[SNP_REPORT_LEN];
};

static void commit(struct scene *s)
{
	uint8_t both[SNP_REPORT_DATA_LEN + SERVICES_LEN], data[SNP_REPORT_DATA_LEN];

	memcpy(both, s->nonce, sizeof(s->nonce));
	memcpy(both + sizeof(s->nonce), s->manifest, sizeof(s->manifest));
	CHECK(digest_of(DIGEST_SHA512, both, sizeof(both), data));
	snp_pki_report(&s->chain, data, s->report);
}

static bool svsm_authentic(const struct scene *s, struct span *ek)
{
	struct snp_report r;

	return done(svsm_authenticate(s->trust, (struct span){s->report, sizeof(s->report)},
		(struct span){NULL, 0}, (struct span){s->manifest, sizeof(s->manifest)}, s->nonce,
		NOW_S, &r, ek));
}

static void check_svsm(struct scene *s)
{
	struct span ek = {0};

	commit(s);
	CHECK(svsm_authentic(s, &ek));
	CHECK(ek.data == s->manifest + 80 && ek.len == 32);
	s->manifest[SERVICES_LEN - 1] ^= 1; /* the key is another */
	CHECK(!svsm_authentic(s, &ek));
	CHECK(strstr(last_failure.text, "this connection"));
	s->manifest[SERVICES_LEN - 1] ^= 1;
	s->nonce[63] ^= 1;
	CHECK(!svsm_authentic(s, &ek));
	s->nonce[63] ^= 1;
	s->report[0x030] = 1; /* a guest at VMPL 1 can ask for the same data */
	snp_pki_sign(&s->chain, s->report);
	CHECK(!svsm_authentic(s, &ek));
	CHECK(strstr(last_failure.text, "VMPL 1"));
	s->manifest[16]++; /* its length: signed, and still no manifest */
	commit(s);
	CHECK(!svsm_authentic(s, &ek));
	CHECK(strstr(last_failure.text, "says another length"));
	s->manifest[16]--;
	memset(s->nonce, 0, sizeof(s->nonce));
	commit(s);
	CHECK(!svsm_authentic(s, &ek));
	CHECK(strstr(last_failure.text, "no nonce"));
}

static void test_svsm_report(void)
{
	struct snp_pki_spec spec = snp_pki_spec(SNP_GENOA, SNP_KEY_VCEK, NOW_S);
	struct scene s = {0};

	memset(s.nonce, 0x5a, 32);
	make_services(s.manifest);
	snp_pki_make(&s.chain, &spec);
	CHECK(done(rig_trust_chain(&s.chain, scratch, &s.trust)));
	check_svsm(&s);
	rig_trust_free(s.trust);
	snp_pki_free(&s.chain);
}

int main(void)
{
	scratch_open();
	RUN(test_host_table);
	RUN(test_host_table_too_long);
	RUN(test_manifest_of_one_service);
	RUN(test_manifest_of_all_services);
	RUN(test_manifest_entries);
	RUN(test_manifest_of_many_services);
	RUN(test_svsm_report);
	scratch_close();
	return test_summary();
}
