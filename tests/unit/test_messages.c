/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join protocol's codecs: the test vectors of PROTOCOL.md (its path is the argument), round
 * trips, truncation at every byte, every bit flipped, and each value rule on both ends.
 */
#include <stdlib.h>
#include "tests/unit/message_recode.h"
#include "tests/unit/test.h"

#define BUF_LEN (FRAME_MAX + 4u)

static const char *protocol_path;
static uint8_t pattern[4096];

static struct span some(size_t len)
{
	return (struct span){pattern, len};
}

static struct span text(const char *s)
{
	return (struct span){(const uint8_t *)s, strlen(s)};
}

static void fill(uint8_t *out, size_t len, uint8_t first)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(first + i);
}

/* The messages of the test vectors; each field has bytes of its own. */
static struct msg_hello hello(void)
{
	struct msg_hello m = {.server_time_s = 0x0102030405060708,
		.policy_epoch = 7,
		.bank = 0x000B,
		.pcr_mask = 0x00009a10,
		.evidence_types = 1,
		.purpose = PURPOSE_JOIN};

	fill(m.nonce_v, NONCE_LEN, 0x20);
	return m;
}

static struct msg_claims claims(void)
{
	struct msg_claims m = {.version = text("protostar 1.0"),
		.contents = DISK_BLANK,
		.ak_pub = some(5),
		.ek_pub = some(6)};

	fill(m.disk_id, DISK_ID_LEN, 0xd0);
	fill(m.kem_pub, KEM_PUB_LEN, 0x04);
	return m;
}

static struct evidence_tpm2 tpm2(void)
{
	return (struct evidence_tpm2){.attest = some(4),
		.signature = some(5),
		.pcr_values = some(6),
		.event_log = some(0),
		.certificates = {some(1), some(2)},
		.certificate_count = 2};
}

static struct msg_evidence evidence(void)
{
	struct msg_evidence m = {.purpose = PURPOSE_JOIN,
		.claims = some(3),
		.items = {[EVIDENCE_TPM2 - 1] = some(7), [EVIDENCE_HCL - 1] = some(9)}};

	fill(m.nonce_a, NONCE_LEN, 0x60);
	return m;
}

static struct msg_grant grant_open(void)
{
	struct msg_grant m = {.action = ACTION_OPEN,
		.key_version = 3,
		.generation = 9,
		.policy_epoch = 7,
		.role = text("worker"),
		.service_evidence = some(2),
		.wrapped = some(8)};

	fill(m.header_mac, HEADER_MAC_LEN, 0x80);
	return m;
}

static struct msg_grant grant_next(void)
{
	struct msg_grant m = grant_open();

	m.next_version = 4;
	fill(m.next_header_mac, HEADER_MAC_LEN, 0x30);
	return m;
}

static struct msg_grant grant_format(void)
{
	return (struct msg_grant){.action = ACTION_FORMAT,
		.key_version = 3,
		.policy_epoch = 7,
		.role = some(0),
		.service_evidence = some(0),
		.wrapped = some(8)};
}

static struct msg_deny deny(void)
{
	return (struct msg_deny){.code = 602, .retry_after_ms = 1500, .text = text("busy")};
}

static struct msg_commit commit(void)
{
	struct msg_commit m = {.action = ACTION_FORMAT, .generation = 10, .key_version = 3};

	fill(m.header_mac, HEADER_MAC_LEN, 0xa0);
	return m;
}

static struct msg_commit commit_next(void)
{
	struct msg_commit m = commit();

	m.action = ACTION_OPEN;
	m.next_version = 4;
	fill(m.next_header_mac, HEADER_MAC_LEN, 0x30);
	return m;
}

static void put_hello(struct wire_writer *w)
{
	struct msg_hello m = hello();

	message_put_hello(w, &m);
}

static void put_evidence(struct wire_writer *w)
{
	struct msg_evidence m = evidence();

	message_put_evidence(w, &m);
}

static void put_challenge(struct wire_writer *w)
{
	struct msg_challenge m = {.credential = some(4), .encrypted_secret = some(2)};

	message_put_challenge(w, &m);
}

static void put_proof(struct wire_writer *w)
{
	struct msg_proof m = {.secret = some(32)};

	message_put_proof(w, &m);
}

static void put_grant_open(struct wire_writer *w)
{
	struct msg_grant m = grant_open();

	message_put_grant(w, &m);
}

static void put_grant_next(struct wire_writer *w)
{
	struct msg_grant m = grant_next();

	message_put_grant(w, &m);
}

static void put_grant_format(struct wire_writer *w)
{
	struct msg_grant m = grant_format();

	message_put_grant(w, &m);
}

static void put_deny(struct wire_writer *w)
{
	struct msg_deny m = deny();

	message_put_deny(w, &m);
}

static void put_commit(struct wire_writer *w)
{
	struct msg_commit m = commit();

	message_put_commit(w, &m);
}

static void put_commit_next(struct wire_writer *w)
{
	struct msg_commit m = commit_next();

	message_put_commit(w, &m);
}

static void put_abort(struct wire_writer *w)
{
	struct msg_abort m = {.code = 0x0212};

	message_put_abort(w, &m);
}

static void put_ack(struct wire_writer *w)
{
	struct msg_ack m = {.certificate = some(3)};

	message_put_ack(w, &m);
}

static void put_tpm2(struct wire_writer *w)
{
	struct evidence_tpm2 m = tpm2();

	evidence_tpm2_put(w, &m);
}

static void put_snp(struct wire_writer *w)
{
	static uint8_t report[SNP_REPORT_LEN];
	struct evidence_snp m = {.report = {report, sizeof(report)}, .table = some(2)};

	evidence_snp_put(w, &m);
}

static void put_tdx(struct wire_writer *w)
{
	struct evidence_tdx m = {.quote = some(3)};

	evidence_tdx_put(w, &m);
}

static void put_hcl(struct wire_writer *w)
{
	struct evidence_hcl m = {.report = some(4), .td_quote = some(2)};

	evidence_hcl_put(w, &m);
}

static void put_svsm(struct wire_writer *w)
{
	static uint8_t report[SNP_REPORT_LEN];
	struct evidence_svsm m = {
		.report = {report, sizeof(report)}, .table = some(2), .manifest = some(3)};

	evidence_svsm_put(w, &m);
}

static void put_service_evidence(struct wire_writer *w)
{
	struct service_evidence m = {
		.ak_pub = some(4), .attest = some(3), .signature = some(2), .pcr_values = some(1)};

	service_evidence_put(w, &m);
}

#define RECODE_ITEM(kind, type)                                            \
	static bool kind##_recode(struct span item, struct wire_writer *w) \
	{                                                                  \
		return evidence_recode(type, item, w);                     \
	}
RECODE_ITEM(tpm2, EVIDENCE_TPM2)
RECODE_ITEM(snp, EVIDENCE_SNP)
RECODE_ITEM(tdx, EVIDENCE_TDX)
RECODE_ITEM(hcl, EVIDENCE_HCL)
RECODE_ITEM(svsm, EVIDENCE_SVSM)

static void put_claims(struct wire_writer *w)
{
	struct msg_claims m = claims();

	claims_put(w, &m);
}

static void put_claims_hybrid(struct wire_writer *w)
{
	struct msg_claims m = claims();
	static uint8_t key[MLKEM_PUB_LEN];

	fill(key, sizeof(key), 0);
	m.mlkem_pub = (struct span){key, sizeof(key)};
	claims_put(w, &m);
}

static void put_grant_secrets_next(struct wire_writer *w)
{
	struct grant_secrets m = {.has_next = true, .join_material = text("token")};

	fill(m.disk_key, DISK_KEY_LEN, 0xc0);
	fill(m.next_key, DISK_KEY_LEN, 0x50);
	grant_secrets_put(w, &m);
}

static void put_grant_secrets(struct wire_writer *w)
{
	struct grant_secrets m = {.join_material = text("token")};

	fill(m.disk_key, DISK_KEY_LEN, 0xc0);
	grant_secrets_put(w, &m);
}

/* Keys and nonces change over with the role. */
static void put_rd(struct wire_writer *w, uint8_t role)
{
	uint8_t binder[BINDER_LEN], of_service[NONCE_LEN], of_node[NONCE_LEN];
	bool node = role == ROLE_NODE;
	struct rd_input in = {.role = role,
		.purpose = PURPOSE_JOIN,
		.spki_self = some(node ? 4 : 5),
		.spki_peer = some(node ? 5 : 4),
		.binder = binder,
		.nonce_v = node ? of_service : of_node,
		.nonce_a = node ? of_node : of_service,
		.claims = some(3)};

	fill(binder, BINDER_LEN, 0xb0);
	fill(of_service, NONCE_LEN, 0x20);
	fill(of_node, NONCE_LEN, 0x60);
	rd_input_put(w, &in);
}

static void put_rd_input(struct wire_writer *w)
{
	put_rd(w, ROLE_NODE);
}

static void put_service_rd_input(struct wire_writer *w)
{
	put_rd(w, ROLE_SERVICE);
}

static void put_grant_aad(struct wire_writer *w)
{
	struct msg_grant m = grant_open();

	grant_aad_put(w, &m);
}

static const struct vector {
	const char *name; /* as in PROTOCOL.md */
	void (*put)(struct wire_writer *);
	bool (*recode)(struct span, struct wire_writer *); /* NULL: never decoded */
	size_t unwritten; /* first bytes that the page does not write out: zeros */
} vectors[] = {
	{"HELLO", put_hello, frame_recode, 0},
	{"EVIDENCE", put_evidence, frame_recode, 0},
	{"CHALLENGE", put_challenge, frame_recode, 0},
	{"PROOF", put_proof, frame_recode, 0},
	{"GRANT open", put_grant_open, frame_recode, 0},
	{"GRANT with a next version", put_grant_next, frame_recode, 0},
	{"GRANT format", put_grant_format, frame_recode, 0},
	{"DENY", put_deny, frame_recode, 0},
	{"COMMIT", put_commit, frame_recode, 0},
	{"COMMIT of a next version", put_commit_next, frame_recode, 0},
	{"ACK", put_ack, frame_recode, 0},
	{"ABORT", put_abort, frame_recode, 0},
	{"evidence type 1", put_tpm2, tpm2_recode, 0},
	{"evidence type 2 behind its report", put_snp, snp_recode, SNP_REPORT_LEN},
	{"evidence type 3", put_tdx, tdx_recode, 0},
	{"evidence type 4", put_hcl, hcl_recode, 0},
	{"evidence type 5 behind its report", put_svsm, svsm_recode, SNP_REPORT_LEN},
	{"service_evidence", put_service_evidence, service_evidence_recode, 0},
	{"claims", put_claims, claims_recode, 0},
	{"claims with an ML-KEM key", put_claims_hybrid, claims_recode, 0},
	{"grant_secrets", put_grant_secrets, grant_secrets_recode, 0},
	{"grant_secrets with a next key", put_grant_secrets_next, grant_secrets_recode, 0},
	{"rd_input", put_rd_input, NULL, 0},
	{"service_rd_input", put_service_rd_input, NULL, 0},
	{"grant_aad", put_grant_aad, NULL, 0},
};

#define VECTOR_COUNT (sizeof(vectors) / sizeof(vectors[0]))

static struct span encode(const struct vector *v, uint8_t *buf)
{
	struct wire_writer w;

	wire_write_start(&w, buf, BUF_LEN);
	v->put(&w);
	CHECK(!w.failed);
	return (struct span){buf, w.len};
}

/* The hex digits after the line "name:" up to the next empty line; false when there is none. */
static bool page_hex(const char *page, const char *name, char *out, size_t cap)
{
	char wanted[40];
	size_t n = 0;
	const char *p;

	snprintf(wanted, sizeof(wanted), "\n    %s:\n", name);
	p = strstr(page, wanted);
	if (!p)
		return false;
	for (p += strlen(wanted); *p && strncmp(p, "\n\n", 2) != 0 && *p != '`'; p++) {
		if (*p != ' ' && *p != '\n' && n + 1 < cap)
			out[n++] = *p;
	}
	out[n] = '\0';
	return true;
}

static void test_vectors_of_the_specification(void)
{
	static char page[1 << 17], want[8192], got[8192];
	static uint8_t buf[BUF_LEN];
	FILE *f = fopen(protocol_path, "r");
	size_t len;

	REQUIRE(f);
	len = fread(page, 1, sizeof(page) - 1, f);
	fclose(f);
	page[len] = '\0';
	for (size_t v = 0; v < VECTOR_COUNT; v++) {
		struct span s = encode(&vectors[v], buf);

		for (size_t i = vectors[v].unwritten; i < s.len; i++)
			sprintf(got + 2 * (i - vectors[v].unwritten), "%02x", s.data[i]);
		bool found = page_hex(page, vectors[v].name, want, sizeof(want));

		CHECK(found);
		CHECK(found && strcmp(want, got) == 0);
		if (!found || strcmp(want, got) != 0)
			printf("    %s:\n        %s\n", vectors[v].name, got);
	}
}

static bool recoded_alike(const struct vector *v, struct span in, bool *accepted)
{
	static uint8_t out[BUF_LEN];
	struct wire_writer w;

	wire_write_start(&w, out, sizeof(out));
	*accepted = v->recode(in, &w);
	return !*accepted || (!w.failed && w.len == in.len && memcmp(out, in.data, in.len) == 0);
}

static void test_round_trip(void)
{
	static uint8_t buf[BUF_LEN];
	bool accepted;

	for (size_t v = 0; v < VECTOR_COUNT; v++) {
		if (!vectors[v].recode)
			continue;
		CHECK(recoded_alike(&vectors[v], encode(&vectors[v], buf), &accepted));
		CHECK(accepted);
	}
}

static void test_truncation_at_every_byte(void)
{
	static uint8_t buf[BUF_LEN];

	for (size_t v = 0; v < VECTOR_COUNT; v++) {
		struct span s = encode(&vectors[v], buf);

		for (size_t cut = 0; vectors[v].recode && cut < s.len; cut++) {
			/* An exact-size copy, so that a read past the cut is seen. */
			uint8_t *copy = malloc(cut ? cut : 1);
			bool accepted;

			REQUIRE(copy);
			memcpy(copy, s.data, cut);
			CHECK(recoded_alike(&vectors[v], (struct span){copy, cut}, &accepted));
			CHECK(!accepted);
			/* A receiver that believes the length it was told, body cut short. */
			if (vectors[v].recode == frame_recode && cut >= FRAME_HEADER_LEN) {
				copy[0] = copy[1] = 0;
				copy[2] = (uint8_t)((cut - 4) >> 8);
				copy[3] = (uint8_t)(cut - 4);
				CHECK(recoded_alike(
					&vectors[v], (struct span){copy, cut}, &accepted));
				CHECK(!accepted);
			}
			free(copy);
		}
	}
}

static void test_one_byte_too_many(void)
{
	static uint8_t buf[BUF_LEN];

	for (size_t v = 0; v < VECTOR_COUNT; v++) {
		struct span s = encode(&vectors[v], buf);
		bool accepted;

		if (!vectors[v].recode)
			continue;
		buf[s.len] = 0;
		s.len++;
		CHECK(recoded_alike(&vectors[v], s, &accepted));
		CHECK(!accepted);
		if (vectors[v].recode != frame_recode)
			continue;
		buf[2] = (uint8_t)((s.len - 4) >> 8);
		buf[3] = (uint8_t)(s.len - 4);
		CHECK(recoded_alike(&vectors[v], s, &accepted));
		CHECK(!accepted);
	}
}

static void test_every_bit_flip(void)
{
	static uint8_t buf[BUF_LEN];

	for (size_t v = 0; v < VECTOR_COUNT; v++) {
		struct span s = encode(&vectors[v], buf);

		for (size_t bit = 0; vectors[v].recode && bit < 8 * s.len; bit++) {
			bool accepted;

			buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
			CHECK(recoded_alike(&vectors[v], s, &accepted));
			buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static void test_frame_header(void)
{
	static const uint8_t good[6] = {0, 4, 0, 0, 9, 1};
	static const struct {
		uint8_t bytes[6];
	} bad[] = {
		{{0, 0, 0, 1, 9, 1}}, /* shorter than type and version */
		{{0, 4, 0, 1, 9, 1}}, /* 262145 bytes */
		{{0x80, 0, 0, 2, 9, 1}},
		{{0, 0, 0, 2, 0, 1}},  /* no such type */
		{{0, 0, 0, 2, 10, 1}}, /* no such type */
		{{0, 0, 0, 2, 9, 0}},  /* no such version */
		{{0, 0, 0, 2, 9, 2}},
	};
	uint8_t type = 77;
	size_t len = 78;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!frame_header(bad[i].bytes, &type, &len));
	CHECK(type == 77 && len == 78);
	CHECK(frame_header(good, &type, &len));
	CHECK(type == MSG_ABORT && len == FRAME_MAX - 2);
}

/*
 * Value rules. A writer that refuses is half of it: the reader must refuse the bytes too, so each
 * case writes a good frame and then plants the bad value at its offset in the frame.
 */
static void refused_when(void (*put)(struct wire_writer *), size_t at, uint8_t value)
{
	static uint8_t buf[BUF_LEN], out[BUF_LEN];
	struct wire_writer w;
	struct span s;

	wire_write_start(&w, buf, sizeof(buf));
	put(&w);
	s = (struct span){buf, w.len};
	REQUIRE(!w.failed && at < s.len && buf[at] != value);
	buf[at] = value;
	wire_write_start(&w, out, sizeof(out));
	CHECK(!frame_recode(s, &w));
}

static void test_value_rules_when_read(void)
{
	refused_when(put_hello, 6 + 44, 0xff); /* bank */
	refused_when(put_hello, 6 + 45, 0x04); /* bank SHA-1 */
	refused_when(put_hello, 6 + 46, 0x01); /* PCR 24 */
	refused_when(put_hello, 6 + 53, 0x00); /* no evidence type */
	refused_when(put_hello, 6 + 54, 0);    /* purpose */
	refused_when(put_hello, 6 + 54, 3);    /* a purpose that nobody serves */
	refused_when(put_hello, 6 + 54, 5);
	refused_when(put_evidence, 6 + 0, 0); /* purpose */
	refused_when(put_evidence, 6 + 0, 5);
	refused_when(put_evidence, 6 + 33, 2);	  /* wants_service_evidence */
	refused_when(put_evidence, 6 + 37, 0);	  /* claims of no bytes */
	refused_when(put_evidence, 6 + 41, 0);	  /* count of items */
	refused_when(put_evidence, 6 + 41, 1);	  /* an item too many */
	refused_when(put_evidence, 6 + 41, 3);	  /* an item too few */
	refused_when(put_evidence, 6 + 43, 0);	  /* type of the first item */
	refused_when(put_evidence, 6 + 43, 4);	  /* both of one type */
	refused_when(put_evidence, 6 + 43, 5);	  /* types that fall */
	refused_when(put_evidence, 6 + 56, 6);	  /* a type that nobody knows */
	refused_when(put_grant_open, 6 + 0, 0);	  /* action */
	refused_when(put_grant_open, 6 + 0, 4);	  /* action */
	refused_when(put_grant_open, 6 + 0, 1);	  /* format with a MAC */
	refused_when(put_grant_open, 6 + 0, 3);	  /* overwrite with a MAC */
	refused_when(put_grant_open, 6 + 12, 0);  /* open of generation 0 */
	refused_when(put_grant_format, 6 + 0, 2); /* open of generation 0 */
	refused_when(put_grant_format, 6 + 44, 1);
	refused_when(put_grant_open, 6 + 89, 0x1f);
	refused_when(put_grant_open, 6 + 89, 0x7f);
	refused_when(put_grant_open, 6 + 80, 1);   /* a next MAC without a next version */
	refused_when(put_grant_next, 6 + 48, 3);   /* the next version is the present one */
	refused_when(put_grant_next, 6 + 48, 0);   /* no next version, but its MAC */
	refused_when(put_grant_format, 6 + 48, 4); /* a next version of a new disk */
	refused_when(put_deny, 6 + 1, 0x57);	   /* 599 */
	refused_when(put_deny, 6 + 1, 0x8a);	   /* 650 */
	refused_when(put_deny, 6 + 10, 0x80);
	refused_when(put_commit, 6 + 0, 0);
	refused_when(put_commit, 6 + 0, 4);
	refused_when(put_commit, 6 + 8, 0);	  /* generation 0 */
	refused_when(put_commit, 6 + 48, 4);	  /* a next version of a new disk */
	refused_when(put_commit, 6 + 80, 1);	  /* a next MAC without a next version */
	refused_when(put_commit_next, 6 + 48, 0); /* no next version, but its MAC */
	refused_when(put_commit_next, 6 + 48, 3); /* the next version is the present one */
	refused_when(put_commit_next, 6 + 0, 1);
}

static void test_value_rules_when_written(void)
{
	static uint8_t buf[BUF_LEN];
	struct wire_writer w;

#define PUT(w, m)                                           \
	_Generic((m), struct msg_hello *                    \
		 : message_put_hello, struct msg_evidence * \
		 : message_put_evidence, struct msg_deny *  \
		 : message_put_deny, struct msg_commit *    \
		 : message_put_commit)(w, m)
#define REFUSED(kind, change)                           \
	do {                                            \
		__typeof__(kind()) m = kind();          \
		wire_write_start(&w, buf, sizeof(buf)); \
		change;                                 \
		PUT(&w, &m);                            \
		CHECK(w.failed);                        \
	} while (0)
	REFUSED(hello, m.bank = 4);
	REFUSED(hello, m.pcr_mask = 0);
	REFUSED(hello, m.pcr_mask = 1u << 24);
	REFUSED(hello, m.evidence_types = 0);
	REFUSED(hello, m.purpose = PURPOSE_VERIFY);
	REFUSED(evidence, m.purpose = 5);
	REFUSED(evidence, m.wants_service = 2);
	REFUSED(evidence, memset(m.items, 0, sizeof(m.items)));
	REFUSED(evidence, m.items[0].len = EVIDENCE_ITEM_MAX + 1);
	REFUSED(deny, m.code = 599);
	REFUSED(deny, m.code = 650);
	REFUSED(deny, m.text = text("tab\t"));
	REFUSED(commit, m.action = 4);
	REFUSED(commit, m.generation = 0);
	REFUSED(commit_next, m.next_version = 3);
	REFUSED(commit_next, memset(m.next_header_mac, 0, HEADER_MAC_LEN));
	REFUSED(commit, m.next_header_mac[0] = 1);
}

static void test_grant_rules_when_written(void)
{
	static uint8_t buf[BUF_LEN];
	struct msg_grant cases[] = {grant_open(), grant_open(), grant_format(), grant_format(),
		grant_open(), grant_next(), grant_next(), grant_open(), grant_format()};
	struct wire_writer w;

	cases[0].generation = 0;
	cases[1].role = text("r\x7f");
	cases[2].generation = UINT64_MAX;
	cases[3].header_mac[31] = 1;
	cases[4].generation = UINT64_MAX; /* its COMMIT would have no number */
	cases[5].next_version = 3;
	cases[6].next_version = 0;
	cases[7].next_header_mac[0] = 1;
	cases[8].next_version = 4;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wire_write_start(&w, buf, sizeof(buf));
		message_put_grant(&w, &cases[i]);
		CHECK(w.failed);
	}
}

static void test_claims_rules(void)
{
	static uint8_t buf[BUF_LEN];
	struct msg_claims cases[9] = {claims(), claims(), claims(), claims(), claims(), claims(),
		claims(), claims(), claims()};
	struct msg_claims out;
	struct wire_writer w;

	cases[0].version = some(0);
	cases[1].version = text("caf\xc3\xa9");
	cases[2].kem_pub[0] = 0x02;
	cases[3].ek_pub.len = TPM_PUB_MAX + 1;
	cases[4].contents = 0;
	cases[5].contents = 3;
	memset(cases[6].disk_id, 0, DISK_ID_LEN);
	cases[7].mlkem_pub = some(MLKEM_PUB_LEN - 1);
	cases[8].mlkem_pub = some(MLKEM_PUB_LEN + 1);
	for (size_t i = 0; i < 9; i++) {
		wire_write_start(&w, buf, sizeof(buf));
		claims_put(&w, &cases[i]);
		CHECK(w.failed);
	}
	cases[0] = claims();
	wire_write_start(&w, buf, sizeof(buf));
	claims_put(&w, &cases[0]);
	CHECK(claims_get((struct span){buf, w.len}, &out) && out.contents == DISK_BLANK);
	buf[4 + 13 + DISK_ID_LEN] = 3;
	CHECK(!claims_get((struct span){buf, w.len}, &out));
	buf[4 + 13 + DISK_ID_LEN] = DISK_NOT_BLANK;
	CHECK(claims_get((struct span){buf, w.len}, &out) && out.contents == DISK_NOT_BLANK);
	buf[w.len - 4 - KEM_PUB_LEN] = 0x03;
	CHECK(!claims_get((struct span){buf, w.len}, &out));
}

/* Each kind with every field at its limit, and one byte beyond. */
static void test_largest_fields(void)
{
	static uint8_t buf[BUF_LEN], big[EVIDENCE_ITEM_MAX + 1], out[BUF_LEN];
	struct evidence_tpm2 tpm = {.attest = {big, ATTEST_MAX},
		.signature = {big, SIGNATURE_MAX},
		.pcr_values = {big, PCR_VALUES_MAX},
		.event_log = {big, EVENT_LOG_MAX},
		.certificate_count = CERTIFICATES_MAX};
	struct msg_evidence m = evidence();
	struct wire_writer w, again;

	for (size_t i = 0; i < CERTIFICATES_MAX; i++)
		tpm.certificates[i] = (struct span){big, CERTIFICATE_MAX};
	wire_write_start(&w, buf, sizeof(buf));
	evidence_tpm2_put(&w, &tpm);
	REQUIRE(!w.failed && w.len == EVIDENCE_ITEM_MAX);
	wire_write_start(&again, out, sizeof(out));
	CHECK(evidence_recode(EVIDENCE_TPM2, (struct span){buf, w.len}, &again));
	tpm.certificate_count++;
	wire_write_start(&w, buf, sizeof(buf));
	evidence_tpm2_put(&w, &tpm);
	CHECK(w.failed);
	m.claims = (struct span){big, CLAIMS_MAX};
	m.items[0] = (struct span){big, EVIDENCE_ITEM_MAX};
	wire_write_start(&w, buf, sizeof(buf));
	message_put_evidence(&w, &m);
	REQUIRE(!w.failed);
	wire_write_start(&again, out, sizeof(out));
	CHECK(frame_recode((struct span){buf, w.len}, &again));
	m.items[0].len++;
	wire_write_start(&w, buf, sizeof(buf));
	message_put_evidence(&w, &m);
	CHECK(w.failed);
}

/* The reports have one length. */
static void test_report_length(void)
{
	static uint8_t buf[BUF_LEN], report[SNP_REPORT_LEN + 1];
	struct evidence_snp m = {.report = {report, SNP_REPORT_LEN - 1}, .table = some(0)};
	struct evidence_snp got;
	struct wire_writer w;

	wire_write_start(&w, buf, sizeof(buf));
	evidence_snp_put(&w, &m);
	CHECK(w.failed);
	m.report.len = SNP_REPORT_LEN;
	wire_write_start(&w, buf, sizeof(buf));
	evidence_snp_put(&w, &m);
	REQUIRE(!w.failed && w.len == SNP_REPORT_LEN + 4);
	CHECK(evidence_snp_get((struct span){buf, w.len}, &got) && got.table.len == 0);
	CHECK(!evidence_snp_get((struct span){buf, SNP_REPORT_LEN}, &got));
	CHECK(!evidence_snp_get((struct span){buf, 0}, &got));
}

static void test_writer_never_passes_its_capacity(void)
{
	static uint8_t buf[BUF_LEN];

	for (size_t v = 0; v < VECTOR_COUNT; v++) {
		size_t len = encode(&vectors[v], buf).len;

		for (size_t cap = 0; cap < len; cap++) {
			struct wire_writer w;

			memset(buf, 0xee, len);
			wire_write_start(&w, buf, cap);
			vectors[v].put(&w);
			CHECK(w.failed && w.len <= cap && buf[cap] == 0xee);
		}
	}
}

static void test_reader_after_a_failure(void)
{
	static const uint8_t four[4] = {1, 2, 3, 4};
	struct cursor r;
	uint8_t out[2] = {9, 9};

	wire_read_start(&r, four, sizeof(four));
	CHECK(wire_get_u64(&r) == 0 && r.failed);
	CHECK(wire_get_u8(&r) == 0);
	wire_get_bytes(&r, out, 2);
	CHECK(out[0] == 0 && out[1] == 0);
	CHECK(wire_get_field(&r, 0, 9).len == 0);
	CHECK(!wire_read_done(&r));
	wire_read_start(&r, NULL, 0);
	CHECK(wire_read_done(&r));
}

static void test_length_field_of_all_ones(void)
{
	static const uint8_t bytes[6] = {0xff, 0xff, 0xff, 0xff, 1, 2};
	struct cursor r;

	wire_read_start(&r, bytes, sizeof(bytes));
	CHECK(wire_get_field(&r, 0, SIZE_MAX).len == 0);
	CHECK(r.failed);
}

int main(int argc, char **argv)
{
	protocol_path = argc > 1 ? argv[1] : "";
	fill(pattern, sizeof(pattern), 1);
	RUN(test_vectors_of_the_specification);
	RUN(test_round_trip);
	RUN(test_truncation_at_every_byte);
	RUN(test_one_byte_too_many);
	RUN(test_every_bit_flip);
	RUN(test_frame_header);
	RUN(test_value_rules_when_read);
	RUN(test_value_rules_when_written);
	RUN(test_grant_rules_when_written);
	RUN(test_claims_rules);
	RUN(test_largest_fields);
	RUN(test_report_length);
	RUN(test_writer_never_passes_its_capacity);
	RUN(test_reader_after_a_failure);
	RUN(test_length_field_of_all_ones);
	return test_summary();
}
