/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bundles: what goes in comes out by each lock, and by nothing else; every byte of a file counts.
 */
#include "tests/unit/bundle_make.h"
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"

#include "crypto/random.h"
#include "tools/bundle/bundle_names.h"
#include "tools/bundle/bundle_policy.h"
#include "tools/bundle/bundle_seal.h"
#include "tools/lib/file.h"

static bool said(const char *words)
{
	return strstr(last_failure.text, words) != NULL;
}

static struct secret secret_of(const char *t)
{
	struct secret s = {0};

	if (failed(secret_new(strlen(t), &s)))
		abort();
	memcpy(s.bytes, t, s.len);
	return s;
}

static bool same(struct span a, struct span b)
{
	return a.len == b.len && (!a.len || memcmp(a.data, b.data, a.len) == 0);
}

/* Records are compared as they are written: padding of structs is nobody's. */
static bool same_bundle(const struct bundle *a, const struct bundle *b)
{
	struct locked_bytes as = {0}, bs = {0};
	bool good = done(bundle_encode(a, &as)) && done(bundle_encode(b, &bs)) &&
		    same((struct span){as.data, as.len}, (struct span){bs.data, bs.len});

	locked_bytes_free(&as);
	locked_bytes_free(&bs);
	return good;
}

static void check_service(const struct bundle *b)
{
	CHECK(b->head.kind == BUNDLE_SERVICE && b->node_count == 2 && b->enrolment_count == 2);
	CHECK(b->ticket_count == 1 && b->file_count == 2);
	CHECK(same(b->kek, text_span(made_kek)) && same(b->ca_certificate, text_span("ca-pem")));
	CHECK(same(b->service_key, text_span("service-key")) && same(b->ca_key, text_span("ca")));
}

static void check_recovery(const struct bundle *b)
{
	CHECK(b->head.kind == BUNDLE_RECOVERY && b->head.uses == 3 && b->head.created_s == 1000);
	CHECK(b->node_count == 2 && b->enrolment_count == 2 && b->ticket_count == 1);
	CHECK(same(b->policy, text_span("{\"a\": 1}\n")) && b->file_count == 2);
	CHECK(same(b->files[1].name, text_span("certs/root.pem")));
	CHECK(same(b->files[1].bytes, text_span("root")));
	CHECK(b->nodes[1].disk.generation == 7 && b->nodes[1].disk.key_version == 2);
	CHECK(strcmp(b->nodes[1].node.set_name, "set-1") == 0);
	CHECK(memcmp(b->nodes[1].disk.disk_id, b->nodes[1].node.disk_id, DISK_ID_LEN) == 0);
	CHECK(b->nodes[1].disk_key.len == DISK_KEY_LEN && b->nodes[1].disk_key.data[0] == 0xd1);
	CHECK(b->enrolments[0].has_disk && !b->enrolments[1].has_disk);
	CHECK(b->tickets[0].uses == 5);
	CHECK(!b->nodes[0].disk.next_version && !b->nodes[0].next_key.len);
	CHECK(b->nodes[1].disk.next_version == 3 && b->nodes[1].disk.next_header_mac[31] == 7);
	CHECK(b->nodes[1].next_key.len == DISK_KEY_LEN && b->nodes[1].next_key.data[31] == 0xd2);
	CHECK(b->revocation_count == 2 && b->revocations[1].kind == REVOKED_EPOCH);
	CHECK(b->revocations[0].len == 3 && memcmp(b->revocations[0].value, "old", 3) == 0);
	CHECK(!b->service_key.len && !b->ca_key.len && !b->ca_certificate.len && !b->kek.len);
}

static void test_contents(void)
{
	struct made_bundle m;
	struct locked_bytes plain = {0};
	struct bundle back;

	for (int kind = BUNDLE_RECOVERY; kind <= BUNDLE_SERVICE; kind++) {
		make_bundle(&m, (enum bundle_kind)kind);
		REQUIRE(done(bundle_encode(&m.b, &plain)));
		CHECK(bundle_is_contents((struct span){plain.data, plain.len}));
		REQUIRE(done(bundle_decode_copy((struct span){plain.data, plain.len}, &back)));
		if (kind == BUNDLE_SERVICE)
			check_service(&back);
		else
			check_recovery(&back);
		CHECK(same_bundle(&m.b, &back));
		bundle_free(&back);
		for (size_t len = 0; len < plain.len; len++)
			CHECK(!done(bundle_decode_copy((struct span){plain.data, len}, &back)));
		REQUIRE(done(bundle_decode(&plain, &back)));
		CHECK(!plain.data);
		bundle_free(&back);
		CHECK(!back.nodes && !back.plain.data);
	}
}

/* What no service writes is not written for it, and not read from others. */
static void test_impossible(void)
{
	struct made_bundle m;
	struct locked_bytes plain = {0};

#define REFUSES(kind, change, words)                                \
	do {                                                        \
		make_bundle(&m, kind);                              \
		change;                                             \
		CHECK(!done(bundle_encode(&m.b, &plain)));          \
		if (!said(words))                                   \
			fprintf(stderr, "%s\n", last_failure.text); \
		CHECK(said(words) && !plain.data);                  \
	} while (0)
	REFUSES(BUNDLE_RECOVERY, m.b.node_count = 0, "no node");
	REFUSES(BUNDLE_RECOVERY, m.nodes[1].disk.state = DISK_FORMATTING, "never in use");
	REFUSES(BUNDLE_RECOVERY, m.nodes[0].disk_key.len = 0, "has no whole disk key");
	REFUSES(BUNDLE_RECOVERY, m.nodes[0].disk_key.len = 31, "has no whole disk key");
	REFUSES(BUNDLE_SERVICE, m.nodes[0].disk_key.len = 32, "which no service's bundle has");
	REFUSES(BUNDLE_SERVICE, m.nodes[1].next_key.len = 32, "which no service's bundle has");
	REFUSES(BUNDLE_RECOVERY, m.nodes[1].next_key.len = 0, "has no whole next disk key");
	REFUSES(BUNDLE_RECOVERY, m.nodes[0].next_key.len = 32, "or one too many");
	REFUSES(BUNDLE_SERVICE, m.nodes[1].disk.next_version = 2, "malformed");
	REFUSES(BUNDLE_SERVICE, m.nodes[1].disk.next_version = 0, "malformed");
	REFUSES(BUNDLE_SERVICE, m.nodes[1].disk.state = DISK_FORMATTING, "malformed");
	REFUSES(BUNDLE_SERVICE, m.revocations[0].kind = 0, "malformed");
	REFUSES(BUNDLE_SERVICE, m.revocations[0].kind = REVOCATION_KINDS + 1, "malformed");
	REFUSES(BUNDLE_SERVICE, m.revocations[0].len = 0, "empty or too large");
	REFUSES(BUNDLE_RECOVERY, m.b.revocation_count = BUNDLE_RECORDS_MAX + 1, "at most 4096");
	REFUSES(BUNDLE_RECOVERY, m.nodes[1].node.node_id[1] = m.nodes[0].node.node_id[1], "twice");
	REFUSES(BUNDLE_SERVICE, m.nodes[1].node.disk_id[0] = m.nodes[0].node.disk_id[0], "twice");
	REFUSES(BUNDLE_RECOVERY, m.b.head.uses = 0, "malformed");
	REFUSES(BUNDLE_RECOVERY, m.b.head.uses = BUNDLE_USES_MAX + 1, "malformed");
	REFUSES(BUNDLE_SERVICE, m.b.head.uses = 1, "malformed");
	REFUSES(BUNDLE_SERVICE, m.b.kek.len = 0, "empty or too large");
	REFUSES(BUNDLE_SERVICE, m.b.service_key.len = 0, "empty or too large");
	REFUSES(BUNDLE_RECOVERY, m.b.policy.len = 0, "empty or too large");
	REFUSES(BUNDLE_RECOVERY, m.files[1].name = m.files[0].name, "twice");
	REFUSES(BUNDLE_RECOVERY, m.files[1].name = text_span("../x"), "name that no bundle");
	REFUSES(BUNDLE_RECOVERY, m.nodes[0].node.role[0] = '\n', "malformed");
	REFUSES(BUNDLE_RECOVERY, m.nodes[0].node.first_join_s = UINT64_MAX, "malformed");
	REFUSES(BUNDLE_RECOVERY, m.tickets[0].uses = 0, "malformed");
	REFUSES(BUNDLE_RECOVERY, m.b.node_count = BUNDLE_RECORDS_MAX + 1, "at most 4096");
	REFUSES(BUNDLE_RECOVERY, m.b.file_count = BUNDLE_FILES_MAX + 1, "more than 256");
#undef REFUSES
}

static void test_names(void)
{
	static const char *const good[] = {"a", "a/b", "..a", "a..", ".a/b.", "ä", "policy.json/a"};
	static const char *const bad[] = {"", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.",
		"a/../b", "../a", "a/..", "a\nb", "a\x7f", "policy.json"};
	char longest[BUNDLE_NAME_MAX + 1];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(bundle_name_good(text_span(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!bundle_name_good(text_span(bad[i])));
	CHECK(!bundle_name_good((struct span){(const uint8_t *)"a\0b", 3}));
	memset(longest, 'a', sizeof(longest));
	CHECK(bundle_name_good((struct span){(uint8_t *)longest, BUNDLE_NAME_MAX}));
	CHECK(!bundle_name_good((struct span){(uint8_t *)longest, BUNDLE_NAME_MAX + 1}));
}

/* A bundle with every lock that there is. */
struct locked_bundle {
	struct made_bundle made;
	struct secret passphrase;
	struct key_pair keys[2];
	struct share shares[3];
	struct bytes file;
};

static bool lock_all(struct locked_bundle *l)
{
	uint8_t keys[2][P256_PUB_LEN];
	struct bundle_locks locks = {.keys = keys,
		.key_count = 2,
		.share_count = 3,
		.shares_needed = 2,
		.passphrase = &l->passphrase};

	memset(l, 0, sizeof(*l));
	make_bundle(&l->made, BUNDLE_RECOVERY);
	l->passphrase = secret_of("correct horse");
	for (unsigned i = 0; i < 2; i++) {
		if (failed(key_generate(&l->keys[i])))
			return false;
		memcpy(keys[i], l->keys[i].pub, P256_PUB_LEN);
	}
	return done(bundle_seal(&l->made.b, &locks, &l->file, l->shares));
}

static void unlock_all(struct locked_bundle *l)
{
	secret_free(&l->passphrase);
	for (unsigned i = 0; i < 2; i++)
		key_free(&l->keys[i]);
	for (unsigned i = 0; i < 3; i++)
		share_free(&l->shares[i]);
	bytes_free(&l->file);
}

static bool opens_part(
	const struct locked_bundle *l, size_t len, const struct bundle_openers *openers)
{
	struct bundle back = {0};
	/* An exact copy, so that a read past the end is seen. */
	uint8_t *copy = malloc(len + 1);
	bool good;

	if (!copy)
		abort();
	memcpy(copy, l->file.data, len);
	good = done(bundle_open((struct span){copy, len}, openers, &back));
	if (good)
		check_recovery(&back);
	bundle_free(&back);
	free(copy);
	return good;
}

static bool opens(const struct locked_bundle *l, const struct bundle_openers *openers)
{
	return opens_part(l, l->file.len, openers);
}

static void test_locks(void)
{
	struct locked_bundle l;
	struct bundle_outside outside;

	REQUIRE(lock_all(&l));
	CHECK(opens(&l, &(struct bundle_openers){.passphrase = &l.passphrase}));
	CHECK(opens(&l, &(struct bundle_openers){.key = &l.keys[0]}));
	CHECK(opens(&l, &(struct bundle_openers){.key = &l.keys[1]}));
	CHECK(opens(&l, &(struct bundle_openers){.shares = l.shares, .share_count = 2}));
	CHECK(opens(&l, &(struct bundle_openers){.shares = l.shares + 1, .share_count = 2}));
	CHECK(opens(&l, &(struct bundle_openers){.shares = l.shares, .share_count = 3}));
	REQUIRE(done(bundle_look((struct span){l.file.data, l.file.len}, &outside)));
	CHECK(outside.head.kind == BUNDLE_RECOVERY && outside.head.uses == 3);
	CHECK(outside.passphrase && outside.key_count == 2);
	CHECK(outside.share_count == 3 && outside.shares_needed == 2);
	unlock_all(&l);
}

static void test_wrong_openers(void)
{
	struct locked_bundle l, other;
	struct share mixed[2];
	struct key_pair stranger;
	struct secret wrong = secret_of("correct hors");

	REQUIRE(lock_all(&l) && lock_all(&other) && !failed(key_generate(&stranger)));
	CHECK(!opens(&l, &(struct bundle_openers){.passphrase = &wrong}));
	CHECK(said("the passphrase is wrong"));
	CHECK(!opens(&l, &(struct bundle_openers){.key = &stranger}) && said("not sealed to this"));
	CHECK(!opens(&l, &(struct bundle_openers){.shares = l.shares, .share_count = 1}));
	CHECK(said("1 shares are given, and 2 are needed"));
	CHECK(!opens(&l, &(struct bundle_openers){0}) && said("are needed to open"));
	/* Both bundles have one id: their shares are told apart by the bundle's commitments. */
	mixed[0] = l.shares[0];
	mixed[1] = other.shares[1];
	mixed[1].path = "mixed";
	CHECK(!opens(&l, &(struct bundle_openers){.shares = mixed, .share_count = 2}));
	CHECK(said("mixed is not what it was when the bundle was made"));
	mixed[1] = l.shares[0];
	CHECK(!opens(&l, &(struct bundle_openers){.shares = mixed, .share_count = 2}));
	CHECK(said("there twice"));
	mixed[1] = l.shares[1];
	mixed[0].needed = mixed[1].needed = 3;
	CHECK(!opens(&l, &(struct bundle_openers){.shares = mixed, .share_count = 2}));
	CHECK(said("2 shares are given, and 3"));
	mixed[0].needed = mixed[1].needed = 2;
	mixed[0].count = mixed[1].count = 4;
	CHECK(!opens(&l, &(struct bundle_openers){.shares = mixed, .share_count = 2}));
	CHECK(said("and the bundle says 2 of 3"));
	secret_free(&wrong);
	key_free(&stranger);
	unlock_all(&l);
	unlock_all(&other);
}

/* One bit of any byte, and a file that ends anywhere, by the quickest of the locks. */
static void test_changed(void)
{
	struct locked_bundle l;
	struct bundle_openers by_key = {.key = &l.keys[1]};
	size_t opened = 0;

	REQUIRE(lock_all(&l));
	for (size_t i = 0; i < l.file.len; i++) {
		l.file.data[i] ^= (uint8_t)(1u << i % 8);
		opened += opens(&l, &by_key);
		l.file.data[i] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t len = 0; len < l.file.len; len++)
		opened += opens_part(&l, len, &by_key);
	CHECK(!opened);
	bytes_add(&l.file, "", 1);
	CHECK(!opens(&l, &by_key) && said("cut short or changed"));
	l.file.len--;
	CHECK(opens(&l, &by_key));
	unlock_all(&l);
}

static void test_versions(void)
{
	struct locked_bundle l;
	struct bundle_openers by_key = {.key = &l.keys[0]};
	struct bundle back;

	REQUIRE(lock_all(&l));
	l.file.data[17] = '2';
	CHECK(!opens(&l, &by_key) && said("format that this release does not know"));
	l.file.data[0] = 'P';
	CHECK(!opens(&l, &by_key) && said("it is not a bundle"));
	CHECK(!done(bundle_decode_copy(text_span("protostar-contents 2\n"), &back)));
	CHECK(said("does not know"));
	CHECK(!done(bundle_decode_copy(text_span("anything"), &back)));
	CHECK(said("not the contents of a bundle"));
	CHECK(!done(bundle_decode_copy(text_span(""), &back)));
	unlock_all(&l);
}

static void test_single_locks(void)
{
	struct made_bundle m;
	struct secret passphrase = secret_of("correct horse");
	struct bundle_locks locks = {.passphrase = &passphrase};
	struct key_pair key;
	struct locked_bundle l = {.file = {0}};
	struct share shares[2] = {{.index = 0}};

	REQUIRE(!failed(key_generate(&key)));
	make_bundle(&m, BUNDLE_RECOVERY);
	CHECK(!done(bundle_seal(&m.b, &(struct bundle_locks){0}, &l.file, NULL)));
	CHECK(said("needs a lock") && !l.file.len);
	locks.share_count = 1;
	CHECK(!done(bundle_seal(&m.b, &locks, &l.file, shares)) && said("of 1"));
	locks.share_count = 0;
	REQUIRE(done(bundle_seal(&m.b, &locks, &l.file, NULL)));
	CHECK(opens(&l, &(struct bundle_openers){.passphrase = &passphrase}));
	CHECK(!opens(&l, &(struct bundle_openers){.key = &key}) && said("not sealed to this key"));
	CHECK(!opens(&l, &(struct bundle_openers){.shares = shares, .share_count = 2}));
	CHECK(said("not split into shares"));
	bytes_free(&l.file);
	locks = (struct bundle_locks){.share_count = 2, .shares_needed = 2};
	REQUIRE(done(bundle_seal(&m.b, &locks, &l.file, shares)));
	CHECK(opens(&l, &(struct bundle_openers){.shares = shares, .share_count = 2}));
	CHECK(!opens(&l, &(struct bundle_openers){.passphrase = &passphrase}));
	CHECK(said("not sealed with a passphrase"));
	for (unsigned i = 0; i < 2; i++)
		share_free(&shares[i]);
	bytes_free(&l.file);
	secret_free(&passphrase);
	key_free(&key);
}

static const char *stored; /* folder of bundles that were made once, which also seed the fuzzer */

static bool read_stored(const char *name, struct bytes *out)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", stored, name);
	return file_read(path, BUNDLE_SEALED_MAX, out);
}

/* Whatever is changed here: bundles that lie in a safe must still open. */
static void test_stored(void)
{
	static const uint8_t one[P256_PRIV_LEN] = {[P256_PRIV_LEN - 1] = 1};
	static const char *const names[] = {
		[BUNDLE_RECOVERY] = "recovery", [BUNDLE_SERVICE] = "service"};
	struct bytes file = {0};
	struct made_bundle m;
	struct key_pair key;
	struct bundle b;

	for (int kind = BUNDLE_RECOVERY; kind <= BUNDLE_SERVICE; kind++) {
		make_bundle(&m, (enum bundle_kind)kind);
		REQUIRE(read_stored(names[kind], &file));
		REQUIRE(done(bundle_decode_copy((struct span){file.data, file.len}, &b)));
		CHECK(same_bundle(&m.b, &b));
		bundle_free(&b);
		bytes_free(&file);
	}
	REQUIRE(!failed(key_from_private(one, &key)));
	REQUIRE(read_stored("sealed-recovery", &file));
	REQUIRE(done(bundle_open(
		(struct span){file.data, file.len}, &(struct bundle_openers){.key = &key}, &b)));
	check_recovery(&b);
	bundle_free(&b);
	bytes_free(&file);
	key_free(&key);
}

#define POLICY_TEXT(material)                                                          \
	"{\"identity\":{\"first_use\":true},\"sets\":[{\"name\":\"demo\",\"epoch\":1," \
	"\"allow_missing\":[2,3,11,12,15],\"measurements\":{\"4\":\""                  \
	"98d0da9ba929ff4cc45882df04926dbfc07e02178f7296481823f81bd83b14c0\"}}],"       \
	"\"join_material_file\":\"" material "\"}"

static void write_text(const char *path, const char *text, unsigned mode)
{
	scratch_write(path, text, strlen(text), mode);
}

/* A policy goes through a bundle, and means the same behind it. */
static void test_policy(void)
{
	static struct bundle_policy p;
	char from[256], to[256], path[512];
	struct made_bundle m;
	struct policy *back = NULL;
	struct bundle b;

	snprintf(from, sizeof(from), "%s", scratch_path("from"));
	snprintf(to, sizeof(to), "%s", scratch_path("to"));
	REQUIRE(mkdir(from, 0700) == 0 && mkdir(to, 0700) == 0);
	snprintf(path, sizeof(path), "%s/secrets", from);
	REQUIRE(mkdir(path, 0700) == 0);
	snprintf(path, sizeof(path), "%s/secrets/token", from);
	write_text(path, "token", 0600);
	snprintf(path, sizeof(path), "%s/p.json", from);
	write_text(path, POLICY_TEXT("secrets/token"), 0644);
	REQUIRE(done(bundle_policy_read(path, &p)));
	CHECK(p.count == 1 && strcmp(p.names[0], "secrets/token") == 0);
	CHECK(strcmp(p.tenant, "default") == 0);
	make_bundle(&m, BUNDLE_RECOVERY);
	bundle_policy_lend(&p, &m.b);
	{
		struct locked_bytes plain = {0};

		REQUIRE(done(bundle_encode(&m.b, &plain)));
		REQUIRE(done(bundle_decode(&plain, &b)));
	}
	bundle_policy_free(&p);
	REQUIRE(done(bundle_policy_write(&b, to)));
	CHECK(!done(bundle_policy_write(&b, to)) && said("cannot be created"));
	bundle_free(&b);
	snprintf(path, sizeof(path), "%s/policy.json", to);
	REQUIRE(done(policy_load(path, &back)));
	CHECK(back->join_material.len == 5);
	policy_free(back);
	snprintf(path, sizeof(path), "%s/p.json", from);
	write_text(path, POLICY_TEXT("../from/secrets/token"), 0644);
	CHECK(!done(bundle_policy_read(path, &p)) && said("relative to its own folder"));
	bundle_policy_free(&p);
}

static struct failure count_name(void *context, const char *name, bool secret)
{
	unsigned *counts = context;

	counts[secret ? 1 : 0]++;
	return strcmp(name, "stop") == 0 ? refuse("stopped") : failure_none();
}

/* Every list of files that a policy can have is walked through. */
static void test_named_files(void)
{
	static const char text[] =
		"{\"identity\":{\"ek_certificate\":{\"roots\":[\"1\"],\"intermediates\":[\"2\"],"
		"\"crls\":[\"3\"]},\"ak_certificate\":{\"roots\":[\"4\"],\"intermediates\":[\"5\"],"
		"\"crls\":[\"6\"]}},\"join_material_file\":\"7\","
		"\"evidence\":{\"snp\":{\"roots\":[\"8\"],\"certificates\":[\"9\"],"
		"\"products\":[\"Milan\"],\"waive\":[\"chips\"],"
		"\"crls\":[\"10\"]},\"tdx\":{\"roots\":[\"11\"],\"tcb_info\":[\"12\"],"
		"\"qe_identity\":[\"13\"],\"crls\":[\"14\"],\"signing_chain\":\"15\","
		"\"waive\":[\"min_evaluation\"]}},"
		"\"sets\":[{\"name\":\"demo\",\"epoch\":1,\"allow_missing\":[2,3,11,12,15],"
		"\"measurements\":{\"4\":\""
		"98d0da9ba929ff4cc45882df04926dbfc07e02178f7296481823f81bd83b14c0\"}}]}";
	struct policy *p = NULL;
	unsigned counts[2] = {0, 0};

	if (!done(policy_parse(text, strlen(text), &p)))
		fprintf(stderr, "%s\n", last_failure.text);
	REQUIRE(p);
	CHECK(done(policy_each_file(p, count_name, counts)));
	CHECK(counts[0] == 14 && counts[1] == 1);
	policy_free(p);
}

int main(int argc, char **argv)
{
	stored = argc == 2 ? argv[1] : NULL;
	if (!stored || failed(secret_pool_open(1 << 17)) || failed(random_open()))
		return 1;
	scratch_open();
	RUN(test_contents);
	RUN(test_impossible);
	RUN(test_names);
	RUN(test_locks);
	RUN(test_wrong_openers);
	RUN(test_changed);
	RUN(test_versions);
	RUN(test_single_locks);
	RUN(test_stored);
	RUN(test_policy);
	RUN(test_named_files);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
