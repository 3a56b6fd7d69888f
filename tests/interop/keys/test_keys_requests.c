/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may be asked of the key service, and that nothing else is answered: requests that are cut,
 * altered, too long or of no kind; keys of another class, tenant or version; and who asks.
 */
#include "tests/interop/keys/keys_process.h"
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"

#include <string.h>
#include <sys/socket.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "tools/keys/server.h"
#include "tools/lib/hex.h"

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static const char *program;
static char kek[128], path[128], log_file[128];
static pid_t service;
static struct kem_pair node;
static struct kek_engine *engine; /* the same keys, here */
static uint8_t frame[KEYS_REQUEST_MAX + 64];

static bool start(void)
{
	const char *const args[] = {
		"--kek", kek, "--socket", path, "--tenant", "default", "--tenant", "b", NULL};

	service = keys_start(program, log_file, -1, args);
	return service > 0;
}

static void test_seals_what_derives(void)
{
	struct key_request r = keys_request(&node);
	const struct disk_key_name name = {r.tenant, r.disk_id, 1, r.salt},
				   next = {r.tenant, r.disk_id, 5, r.salt};
	uint8_t key[DISK_KEY_LEN];
	struct grant_secrets got;
	struct keys_frame answer;
	SECRET_AUTO plain = {0};
	int fd = keys_connect(path);

	REQUIRE(fd >= 0 && keys_lives(fd));
	r.next_version = 5;
	REQUIRE(keys_ask(fd, frame, keys_encode(&r, 9, frame), KEYS_SEALED, &answer));
	CHECK(answer.number == 9);
	REQUIRE(keys_open_sealed(&node, &r, &answer, &plain));
	REQUIRE(grant_secrets_get((struct span){plain.bytes, plain.len}, &got));
	CHECK(disk_key_derive(engine, &name, key) == KEK_DONE);
	CHECK_BYTES(got.disk_key, key, DISK_KEY_LEN);
	CHECK(got.has_next && disk_key_derive(engine, &next, key) == KEK_DONE);
	CHECK_BYTES(got.next_key, key, DISK_KEY_LEN);
	CHECK(got.join_material.len == 8 && memcmp(got.join_material.data, "material", 8) == 0);
	close(fd);
}

/* The longest request there is. */
static void test_longest(void)
{
	static uint8_t material[JOIN_MATERIAL_MAX], aad[GRANT_AAD_MAX];
	struct key_request r = keys_request(&node);
	char tenant[TENANT_MAX + 1];
	struct keys_frame answer;
	int fd = keys_connect(path);
	size_t len;

	memset(tenant, 't', TENANT_MAX);
	tenant[TENANT_MAX] = 0;
	r.join_material = (struct span){material, sizeof(material)};
	r.aad = (struct span){aad, sizeof(aad)};
	REQUIRE(keys_ask(fd, frame, keys_encode(&r, 1, frame), KEYS_SEALED, &answer));
	r.tenant = tenant;
	len = keys_encode(&r, 2, frame);
	CHECK(len == KEYS_REQUEST_MAX || !kem_mlkem_pub(&node));
	CHECK(keys_ask(fd, frame, len, KEYS_REFUSED, &answer));
	close(fd);
}

static void put_length(uint8_t *at, size_t len)
{
	struct wire_writer w;

	wire_write_start(&w, at, 4);
	wire_put_u32(&w, (uint32_t)len);
}

/* True when these bytes end a new connection without an answer, and the service lives on. */
static bool unanswered(const void *bytes, size_t len, bool then_silent)
{
	int fd = keys_connect(path);
	bool good = fd >= 0 && (keys_send(fd, bytes, len) || !then_silent);

	if (then_silent)
		shutdown(fd, SHUT_WR);
	good = good && keys_ended(fd);
	close(fd);
	return good;
}

static void test_cut(void)
{
	struct key_request r = keys_request(&node);
	size_t len = keys_encode(&r, 1, frame);
	int fd;

	REQUIRE(len);
	for (size_t n = 0; n < len; n++)
		CHECK(unanswered(frame, n, true));
	/* Cut, and its length says so. */
	for (size_t n = KEYS_HEAD_LEN; n < len; n++) {
		put_length(frame, n - KEYS_LENGTH_LEN);
		CHECK(unanswered(frame, n, false));
	}
	/* A byte too many inside. */
	frame[len] = 0;
	put_length(frame, len + 1 - KEYS_LENGTH_LEN);
	CHECK(unanswered(frame, len + 1, false));
	fd = keys_connect(path);
	CHECK(keys_lives(fd));
	close(fd);
}

static void test_lengths(void)
{
	static const uint32_t lengths[] = {
		0, 1, 8, KEYS_REQUEST_MAX - KEYS_LENGTH_LEN + 1, 1u << 20, INT32_MAX, UINT32_MAX};
	int fd;

	memset(frame, 0, sizeof(frame));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		put_length(frame, lengths[i]);
		CHECK(unanswered(frame, KEYS_HEAD_LEN, false));
	}
	fd = keys_connect(path);
	CHECK(keys_lives(fd));
	close(fd);
}

/* Each byte altered: it is another request, or none; and never what was asked for. */
static void test_altered(void)
{
	struct key_request r = keys_request(&node);
	size_t len = keys_encode(&r, 1, frame);
	struct keys_frame answer;
	int fd = keys_connect(path);

	for (size_t i = KEYS_LENGTH_LEN; i < len; i++) {
		SECRET_AUTO plain = {0};
		bool heard;

		frame[i] ^= 1;
		heard = keys_send(fd, frame, len) && keys_hear(fd, &answer);
		frame[i] ^= 1;
		if (!heard) {
			close(fd);
			fd = keys_connect(path);
			continue;
		}
		CHECK(answer.type == KEYS_SEALED || answer.type == KEYS_REFUSED);
		/* The number is in no seal; all else is, or is in what is sealed. */
		if (i >= KEYS_HEAD_LEN && keys_open_sealed(&node, &r, &answer, &plain)) {
			struct key_request same = keys_request(&node);
			struct keys_frame again;
			SECRET_AUTO usual = {0};

			REQUIRE(keys_ask(fd, frame, len, KEYS_SEALED, &again));
			REQUIRE(keys_open_sealed(&node, &same, &again, &usual));
			CHECK(plain.len != usual.len ||
				memcmp(plain.bytes, usual.bytes, usual.len) != 0);
		}
	}
	CHECK(keys_lives(fd));
	close(fd);
}

static void test_kinds(void)
{
	int fd;

	for (unsigned type = 0; type < 256; type++) {
		if (type == KEYS_STATUS)
			continue;
		memset(frame, 0, KEYS_HEAD_LEN);
		put_length(frame, KEYS_HEAD_LEN - KEYS_LENGTH_LEN);
		frame[KEYS_LENGTH_LEN] = (uint8_t)type;
		CHECK(unanswered(frame, KEYS_HEAD_LEN, false));
	}
	/* A status that says something. */
	put_length(frame, KEYS_HEAD_LEN - KEYS_LENGTH_LEN + 1);
	frame[KEYS_LENGTH_LEN] = KEYS_STATUS;
	frame[KEYS_HEAD_LEN] = 0;
	CHECK(unanswered(frame, KEYS_HEAD_LEN + 1, false));
	fd = keys_connect(path);
	CHECK(keys_lives(fd));
	close(fd);
}

static bool refused(int fd, const struct key_request *r, enum key_refusal why)
{
	enum key_refusal told;
	struct keys_frame answer;

	return keys_ask(fd, frame, keys_encode(r, 3, frame), KEYS_REFUSED, &answer) &&
	       keys_refused_get(answer.body, &told) && told == why;
}

static void test_other_tenant_and_version(void)
{
	struct key_request r = keys_request(&node);
	int fd = keys_connect(path);
	struct keys_frame answer;

	r.tenant = "c";
	CHECK(refused(fd, &r, KEY_REFUSAL_TENANT));
	r.tenant = "default "; /* not by a hair */
	CHECK(refused(fd, &r, KEY_REFUSAL_TENANT));
	r.tenant = "b";
	CHECK(keys_ask(fd, frame, keys_encode(&r, 4, frame), KEYS_SEALED, &answer));
	r.version = 2;
	CHECK(refused(fd, &r, KEY_REFUSAL_VERSION));
	r.version = UINT32_MAX;
	CHECK(refused(fd, &r, KEY_REFUSAL_VERSION));
	r.version = 1;
	r.next_version = 2;
	CHECK(refused(fd, &r, KEY_REFUSAL_VERSION));
	close(fd);
	r.next_version = 1; /* no later one */
	CHECK(unanswered(frame, keys_encode(&r, 1, frame), false));
	r = keys_request(&node);
	r.version = 0;
	CHECK(unanswered(frame, keys_encode(&r, 1, frame), false));
	CHECK(keys_file_has(log_file, "tenant c was asked for"));
}

/* A key that nobody could use is none. */
static void test_other_kem_keys(void)
{
	static uint8_t nothing[P256_PUB_LEN], high[MLKEM_PUBLIC_LEN];
	struct key_request r = keys_request(&node);
	int fd = keys_connect(path);

	r.to.p256 = nothing;
	CHECK(refused(fd, &r, KEY_REFUSAL_KEY));
	r = keys_request(&node);
	memset(high, 0xff, sizeof(high)); /* coefficients above the modulus */
	r.to.mlkem = (struct span){high, sizeof(high)};
	CHECK(refused(fd, &r, KEY_REFUSAL_KEY));
	close(fd);
	r.to.mlkem.len--;
	CHECK(unanswered(frame, keys_encode(&r, 1, frame), false));
}

/*
 * Names of other classes of keys, as others derive them from one secret by the name alone. A disk's
 * identifier has 16 bytes: "measurementSecret" does not fit, and "ca_emergency_ssh" is a disk like
 * any other, whose key is no HMAC or HKDF of that name.
 */
static void test_other_classes(void)
{
	static const char salt_name[] = "ca_emergency_ssh", longer[] = "measurementSecret";
	struct key_request r = keys_request(&node);
	const struct disk_key_name name = {r.tenant, (const uint8_t *)salt_name, 1, r.salt};
	uint8_t raw[KEK_LEN], key[DISK_KEY_LEN], other[32];
	struct grant_secrets got;
	struct keys_frame answer;
	SECRET_AUTO plain = {0};
	struct hmac256 h;
	int fd = keys_connect(path);
	size_t len;

	r.disk_id = (const uint8_t *)salt_name;
	REQUIRE(keys_ask(fd, frame, keys_encode(&r, 1, frame), KEYS_SEALED, &answer));
	REQUIRE(keys_open_sealed(&node, &r, &answer, &plain));
	REQUIRE(grant_secrets_get((struct span){plain.bytes, plain.len}, &got));
	CHECK(disk_key_derive(engine, &name, key) == KEK_DONE);
	CHECK_BYTES(got.disk_key, key, DISK_KEY_LEN);
	for (uint8_t i = 0; i < KEK_LEN; i++)
		raw[i] = i;
	hmac256_start(&h, raw, sizeof(raw));
	hmac256_add(&h, salt_name, 16);
	hmac256_end(&h, other);
	CHECK(memcmp(got.disk_key, other, 32) != 0);
	hkdf256(r.salt, DISK_SALT_LEN, raw, sizeof(raw), salt_name, 16, other, sizeof(other));
	CHECK(memcmp(got.disk_key, other, 32) != 0);
	CHECK(kek_check_value(engine, 1, other) == KEK_DONE);
	CHECK(memcmp(got.disk_key, other, 32) != 0);
	close(fd);
	/* One byte more in the place of the disk: everything behind it is read as something else.
	 */
	r = keys_request(&node);
	len = keys_encode(&r, 1, frame);
	size_t at = KEYS_HEAD_LEN + 4 + strlen(r.tenant);

	memmove(frame + at + 17, frame + at + 16, len - at - 16);
	memcpy(frame + at, longer, 17);
	put_length(frame, len + 1 - KEYS_LENGTH_LEN);
	CHECK(unanswered(frame, len + 1, false));
}

static void test_more_than_fit(void)
{
	int fds[KEYS_CLIENTS_MAX + 3];

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		fds[i] = keys_connect(path);
		CHECK(keys_lives(fds[i]));
	}
	/* The first ones had been silent for longest, and gave their places up. */
	CHECK(keys_ended(fds[0]) && keys_ended(fds[1]) && keys_ended(fds[2]));
	CHECK(keys_lives(fds[KEYS_CLIENTS_MAX + 2]) && keys_lives(fds[3]));
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		close(fds[i]);
}

/* A request that stops half way is not waited for for ever. */
static void test_slow(void)
{
	struct key_request r = keys_request(&node);
	size_t len = keys_encode(&r, 1, frame);
	int fd = keys_connect(path);

	CHECK(keys_send(fd, frame, len / 2) && keys_ended(fd));
	close(fd);
}

/* The server itself, told that this user may not ask: the kernel says who is there. */
static void test_foreign_user(void)
{
	const struct keys_users users = {.ids = {geteuid() + 1, geteuid() + 2}, .count = 2};
	const struct keys_tenants tenants = {.count = 0};
	struct keys_server *s = NULL;
	uint8_t status[KEYS_HEAD_LEN];
	struct wire_writer w;
	int ends[2];

	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	keys_patience(ends[0]);
	wire_write_start(&w, status, sizeof(status));
	keys_plain_put(&w, KEYS_STATUS, 1);
	CHECK(keys_send(ends[0], status, w.len));
	REQUIRE(done(keys_server_open(engine, &users, &tenants, -1, ends[1], &s)));
	CHECK(!done(keys_server_run(s)));
	CHECK(keys_ended(ends[0]));
	keys_server_close(s);
	close(ends[0]);
}

int main(int argc, char **argv)
{
	static const char text[] = "protostar-kek 1\n1 " HEX32 "\n5 " OTHER "\n";

	if (argc != 2 || failed(secret_pool_open(1u << 20)) || failed(random_open()) ||
		failed(kem_generate(&node)))
		return 2;
	program = argv[1];
	scratch_open();
	snprintf(kek, sizeof(kek), "%s/kek", scratch);
	snprintf(path, sizeof(path), "%s/socket", scratch);
	snprintf(log_file, sizeof(log_file), "%s/log", scratch);
	scratch_write(kek, text, sizeof(text) - 1, 0600);
	if (!done(kek_engine_open(kek, NULL, false, &engine)) || !start())
		return 2;
	RUN(test_seals_what_derives);
	RUN(test_longest);
	RUN(test_cut);
	RUN(test_lengths);
	RUN(test_altered);
	RUN(test_kinds);
	RUN(test_other_tenant_and_version);
	RUN(test_other_kem_keys);
	RUN(test_other_classes);
	RUN(test_more_than_fit);
	RUN(test_slow);
	RUN(test_foreign_user);
	CHECK(keys_stop(service, SIGTERM) == 128 + SIGTERM);
	kek_engine_close(engine);
	kem_free(&node);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
