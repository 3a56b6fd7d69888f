/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may be a node: PROTOCOL.md 6.4, codes 621 to 625, and what a node is known by (7). */
#include "tests/interop/independent/cases.h"

#include <stdio.h>
#include <string.h>

#include "tests/interop/independent/pki.h"

#define OF_4(pair)	    pair pair pair pair
#define HEX_48(pair)	    OF_4(OF_4(pair)) OF_4(OF_4(pair)) OF_4(OF_4(pair))
#define EK_CERTIFICATE	    "{\"ek_certificate\":{\"roots\":[\"maker.pem\"]}}"
#define FIRMWARE(least)	    ",\"evidence\":{\"tpm\":{\"firmware\":[" least "]}}"
#define MAKER_FROM(version) "{\"manufacturer\":\"id:494E5443\",\"minimum\":\"" version "\"}"
#define SNP_TRUST                                                                             \
	",\"evidence\":{\"snp\":{\"roots\":[\"ark.pem\"],\"products\":[\"Genoa\"],\"waive\":" \
	"[\"crls\",\"chips\"]}}"
#define SNP_SET                                                                                 \
	",\"snp\":{\"versions\":[5],\"keys\":[\"VCEK\"],\"vmpl\":0,\"measurement\":[\"" HEX_48( \
		"11") "\"],\"waive\":[\"tcb\",\"guest_policy\",\"abi\",\"id_key\","             \
		      "\"author_key\",\"guest_svn\",\"committed\",\"platform_info\","           \
		      "\"mitigations\",\"host_data\"]}"

static struct authority maker, below, stranger;

/* What a case sends of certificates. */
struct chain {
	struct buf bytes;
	uint32_t count;
};

static void chain_add(struct chain *c, X509 *x)
{
	put_certificate(&c->bytes, x);
	c->count++;
}

static void chain_add_ek(struct chain *c, const struct authority *issuer, EVP_PKEY *ek)
{
	X509 *x = certify_ek(issuer, ek, "id:494E5443");

	chain_add(c, x);
	X509_free(x);
}

static void plan_chain(struct plan *p, const struct machine *m, const struct chain *c)
{
	plan_init(p, m);
	p->chain = c ? &c->bytes : NULL;
	p->chain_count = c ? c->count : 0;
}

static unsigned boot(const struct machine *m, const struct chain *c)
{
	struct service to = the_service();
	struct plan p;

	plan_chain(&p, m, c);
	return session_whole(&to, m, &p);
}

/* The outcome, and whether the node had to prove its EK. */
static unsigned join(const struct machine *m, const struct plan *p, bool *challenged)
{
	struct service to = the_service();
	struct session s;
	unsigned outcome = session_open(&s, &to, m, p) == GOOD ? session_join(&s) : ENDED;

	*challenged = s.challenged;
	session_close(&s);
	return outcome;
}

static void kinds_of_ek(void)
{
	static const struct {
		enum key_kind kind;
		const char *name;
	} rows[] = {{KEY_P256, "P-256"}, {KEY_P384, "P-384"}, {KEY_RSA_2048, "RSA-2048"}};

	policy_words(EK_CERTIFICATE, "", "");
	for (size_t i = 0; i < 3; i++) {
		struct chain good = {0}, forged = {0};
		char line[64];
		struct machine m;

		machine_make(&m, rows[i].kind, KEY_P256);
		chain_add_ek(&good, &maker, m.ek);
		chain_add_ek(&forged, &stranger, m.ek);
		snprintf(line, sizeof(line), "ek_certificate: %s", rows[i].name);
		expect(line, GOOD, boot(&m, &good));
		snprintf(line, sizeof(line), "ek_certificate: %s, again", rows[i].name);
		expect(line, GOOD, boot(&m, &good));
		snprintf(line, sizeof(line), "stranger_tpm_right_pcrs: %s, none", rows[i].name);
		expect(line, 621, boot(&m, NULL));
		snprintf(line, sizeof(line), "stranger_tpm_right_pcrs: %s, forged", rows[i].name);
		expect(line, 621, boot(&m, &forged));
		buf_free(&good.bytes);
		buf_free(&forged.bytes);
		machine_free(&m);
	}
}

static void certificates(void)
{
	struct chain of_other = {0}, direct = {0}, path = {0}, behind = {0};
	struct service to = the_service();
	struct machine m, other;
	struct plan p;

	machine_make(&m, KEY_P256, KEY_P256);
	machine_make(&other, KEY_P256, KEY_P256);
	chain_add_ek(&of_other, &maker, other.ek);
	expect("stranger_tpm_right_pcrs: another TPM's certificate", 621, boot(&m, &of_other));
	plan_chain(&p, &m, &of_other);
	p.flip_signature = 1;
	expect("ek_certificate: none, and a bad quote", 603, session_whole(&to, &m, &p));
	chain_add_ek(&direct, &below, m.ek);
	expect("ek_certificate: its issuer is missing", 621, boot(&m, &direct));
	chain_add(&path, below.certificate);
	chain_add_ek(&path, &below, m.ek);
	expect("ek_certificate: its issuer in front", GOOD, boot(&m, &path));
	chain_add_ek(&behind, &below, m.ek);
	chain_add(&behind, stranger.certificate);
	chain_add(&behind, below.certificate);
	expect("ek_certificate: its issuer behind another", GOOD, boot(&m, &behind));
	buf_free(&of_other.bytes);
	buf_free(&direct.bytes);
	buf_free(&path.bytes);
	buf_free(&behind.bytes);
	machine_free(&m);
	machine_free(&other);
}

/* This client's quotes say firmware 0x2020031200000001. */
static void firmware(void)
{
	struct chain good = {0}, silent = {0};
	struct machine m;
	X509 *x;

	machine_make(&m, KEY_P256, KEY_P256);
	chain_add_ek(&good, &maker, m.ek);
	x = certify_ek(&maker, m.ek, NULL);
	chain_add(&silent, x);
	X509_free(x);
	policy_words(EK_CERTIFICATE, "", FIRMWARE(MAKER_FROM("2020031200000001")));
	expect("firmware: as old as allowed", GOOD, boot(&m, &good));
	expect("firmware: nobody says whose", 624, boot(&m, &silent));
	policy_words(EK_CERTIFICATE, "", FIRMWARE(MAKER_FROM("2020031200000002")));
	expect("firmware: older", 624, boot(&m, &good));
	buf_free(&good.bytes);
	buf_free(&silent.bytes);
	machine_free(&m);
}

static void listed(void)
{
	char ek[101], disk[33];
	struct machine m, other;

	machine_make(&m, KEY_P256, KEY_P256);
	machine_make(&other, KEY_P256, KEY_P256);
	names_of(&m, ek, disk);
	policy_words("{\"listed\":true}", "", "");
	expect("listed: not enrolled", 621, boot(&m, NULL));
	need(node_command("enroll", "--ek-name", ek), "node enroll");
	expect("listed: enrolled", GOOD, boot(&m, NULL));
	expect("listed: another", 621, boot(&other, NULL));
	policy_words("{\"first_use\":true}", ",\"listed_only\":true", "");
	expect("listed_only: enrolled", GOOD, boot(&m, NULL));
	expect("listed_only: another", 621, boot(&other, NULL));
	machine_free(&m);
	machine_free(&other);
}

/* It waits only when its TPM has proven the EK; an operator then lets it in. */
static void approval(void)
{
	char ek[101], disk[33];
	struct machine m;
	struct plan p;
	bool challenged;

	machine_make(&m, KEY_P256, KEY_P256);
	names_of(&m, ek, disk);
	policy_words("{\"approval\":{\"max_pending\":1}}", "", "");
	plan_init(&p, &m);
	p.flip_secret = 1;
	expect("approval: another secret", 611, join(&m, &p, &challenged));
	need(!node_command("approve", disk, NULL), "a node without a proof waits");
	p.flip_secret = 0;
	expect("approval: pending", 622, join(&m, &p, &challenged));
	need(challenged, "a node waits without a proof");
	need(node_command("approve", disk, NULL), "node approve");
	expect("approval: approved", GOOD, boot(&m, NULL));
	machine_free(&m);
}

/* TPMs that are new at each boot. */
static void ephemeral(void)
{
	struct machine one, two;

	machine_make(&one, KEY_P256, KEY_P256);
	machine_make(&two, KEY_P256, KEY_P256);
	memcpy(two.disk, one.disk, DISK_LEN);
	policy_words("{\"first_use\":true}", ",\"recognise\":\"set\"", "");
	expect("ephemeral_ek: set", GOOD, boot(&one, NULL));
	expect("ephemeral_ek: set, another EK", GOOD, boot(&two, NULL));
	policy_words("{\"first_use\":true}", ",\"recognise\":\"ek\"", "");
	expect("ephemeral_ek: where policy names EK", 612, boot(&two, NULL));
	machine_free(&one);
	machine_free(&two);
}

/* The same with an operator's word for each boot. */
static void tickets(void)
{
	char ek[101], disk[33];
	struct machine one, two;

	machine_make(&one, KEY_P256, KEY_P256);
	machine_make(&two, KEY_P256, KEY_P256);
	memcpy(two.disk, one.disk, DISK_LEN);
	names_of(&one, ek, disk);
	policy_words("{\"first_use\":true}", ",\"recognise\":\"ticket\"", "");
	expect("ephemeral_ek: no ticket", 621, boot(&one, NULL));
	need(node_command("ticket", "--disk", disk), "node ticket");
	expect("ephemeral_ek: ticket", GOOD, boot(&one, NULL));
	expect("ephemeral_ek: ticket used up", 621, boot(&two, NULL));
	need(node_command("ticket", "--disk", disk), "node ticket");
	expect("ephemeral_ek: ticket, another EK", GOOD, boot(&two, NULL));
	machine_free(&one);
	machine_free(&two);
}

/* A set that demands a processor's report beside the quote. */
static void kinds(void)
{
	struct authority ark = authority_make("ARK-Genoa", true, NULL);
	struct service to = the_service();
	struct session s;
	struct machine m;
	struct plan p;

	authority_write(&ark, service_file("ark.pem"));
	policy_words("{\"tee\":true,\"approval\":true}", SNP_SET, SNP_TRUST);
	machine_make(&m, KEY_P256, KEY_P256);
	plan_init(&p, &m);
	need(session_open(&s, &to, &m, &p) == GOOD && s.types == 3, "the kinds of HELLO");
	session_close(&s);
	expect("downgrade_of_kind: a quote alone", 625, session_whole(&to, &m, &p));
	p.order = 0x13;
	expect("downgrade_of_kind: another report", 625, session_whole(&to, &m, &p));
	p.order = 0x12;
	expect("report of zeros", 623, session_whole(&to, &m, &p));
	p.flip_signature = 1;
	expect("report of zeros, and a bad quote", 603, session_whole(&to, &m, &p));
	machine_free(&m);
	authority_free(&ark);
}

void cases_identity(void)
{
	maker = authority_make("A maker of TPMs", false, NULL);
	below = authority_make("A maker's CA", false, &maker);
	stranger = authority_make("A maker of TPMs", false, NULL);
	authority_write(&maker, service_file("maker.pem"));
	kinds_of_ek();
	certificates();
	firmware();
	listed();
	approval();
	ephemeral();
	tickets();
	kinds();
	policy_usual();
	authority_free(&maker);
	authority_free(&below);
	authority_free(&stranger);
}
