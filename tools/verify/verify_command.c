/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/verify_command.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "tools/attest/endpoint.h"
#include "tools/lib/file.h"
#include "tools/lib/hex.h"
#include "tools/lib/printable.h"
#include "tools/lib/report.h"
#include "tools/verify/renew.h"
#include "tools/verify/verify_cmw.h"
#include "tools/verify/verify_ear.h"
#include "tools/verify/verify_print.h"

#define FRESH_NONCE_LEN 32u
#define SECRETS_BYTES	(1u << 16)

struct job {
	const char *policy, *ca, *ak, *id, *evidence, *nonce, *save, *renew, *node, *ear, *cmw;
	struct ear_maker maker;
	bool json;
};

static const char *const profiles[] = {"ietf", "veraison", NULL}; /* enum ear_profile */

static const struct option_row rows[] = {
	{"policy", "FILE", OPTION_FILE, OPTION_INTO(struct job, policy), .required = true,
		.help = "the join service's policy: which measurements are good"},
	{"ca", "FILE", OPTION_FILE, OPTION_INTO(struct job, ca),
		.help = "certificate of the join service's node CA (node-ca.pem): a node that it "
			"certified is known"},
	{"ak", "HEX", OPTION_TEXT, OPTION_INTO(struct job, ak),
		.help = "SHA-256 of the attestation key that is trusted, in place of a CA"},
	{"id", "HEX", OPTION_TEXT, OPTION_INTO(struct job, id),
		.help = "the only node that is good, as protostar node list --full prints it"},
	{"evidence", "FILE", OPTION_FILE, OPTION_INTO(struct job, evidence),
		.help = "judge a statement that protostar attest --out wrote"},
	{"nonce", "HEX", OPTION_TEXT, OPTION_INTO(struct job, nonce),
		.help = "with --evidence: the nonce that it has to be about"},
	{"save", "FILE", OPTION_FILE, OPTION_INTO(struct job, save),
		.help = "keep the statement that came"},
	{"cmw", "FILE", OPTION_FILE, OPTION_INTO(struct job, cmw),
		.help = "keep it as others carry evidence: a record of a conceptual message (CMW) "
			"in JSON; --evidence takes one, too"},
	{"renew", "DIR", OPTION_FOLDER, OPTION_INTO(struct job, renew),
		.help = "give a good node a newer certificate; DIR is the join service's state "
			"folder, which has the node CA"},
	{"json", .kind = OPTION_FLAG, OPTION_INTO(struct job, json), .help = "the verdict as JSON"},
	{"ear", "KEYFILE", OPTION_FILE, OPTION_INTO(struct job, ear),
		.help = "print the verdict, also a refusal, as a signed attestation result (EAR, "
			"a JWT); KEYFILE has a P-256 private key in PEM or DER"},
	{"ear-profile", "NAME", OPTION_CHOICE, OPTION_INTO(struct job, maker.profile),
		.choices = profiles,
		.help = "how the result is spelled: ietf as in the draft (default), veraison as "
			"Veraison reads it"},
	{0},
};

struct asked {
	int fd; /* of the node, still open; -1: a file was given */
	uint8_t nonce[STATEMENT_NONCE_MAX];
	size_t nonce_len;
	struct bytes statement;
};

/* What it says is shown on a terminal: as text, and no longer than the protocol has it. */
static struct failure refused_by_node(struct span body)
{
	char *text;
	struct failure f;

	if (body.len > ATTEST_REFUSAL_MAX)
		return refuse("the node refused at a length that the protocol does not know");
	text = printable((const char *)body.data, body.len, ATTEST_REFUSAL_MAX);
	f = refuse("the node says: %s", text);
	free(text);
	return f;
}

static struct failure receive(int fd, uint8_t *buffer, struct asked *a)
{
	struct span body;
	uint8_t type;

	TRY_FAILURE(endpoint_receive(fd, buffer, STATEMENT_MAX, &type, &body));
	if (type == ATTEST_REFUSAL)
		return refused_by_node(body);
	if (type != ATTEST_STATEMENT)
		return refuse("the node answered with no statement");
	bytes_add(&a->statement, body.data, body.len);
	return failure_none();
}

/* Asks a node about a fresh nonce, for the registers that the policy compares and the cap. */
static struct failure ask(const char *where, const struct policy *policy, struct asked *a)
{
	struct attest_request request = {
		.bank = policy->bank, .pcr_mask = policy->pcr_mask | 1u << 15};
	uint8_t body[ATTEST_REQUEST_MAX], frame[ATTEST_REQUEST_MAX];
	struct wire_writer w, f;
	uint8_t *buffer;
	struct failure failure;

	a->nonce_len = FRESH_NONCE_LEN;
	if (RAND_bytes(a->nonce, FRESH_NONCE_LEN) != 1)
		return refuse("no random bytes");
	request.nonce = (struct span){a->nonce, a->nonce_len};
	wire_write_start(&w, body, sizeof(body));
	attest_request_put(&w, &request);
	wire_write_start(&f, frame, sizeof(frame));
	attest_frame_put(&f, ATTEST_REQUEST, (struct span){body, w.len});
	TRY_FAILURE(endpoint_connect(where, &a->fd));
	buffer = must_alloc(STATEMENT_MAX);
	failure = endpoint_send(a->fd, frame, f.len);
	if (!failure.happened)
		failure = receive(a->fd, buffer, a);
	free(buffer);
	return failure;
}

/* False: the command line made no sense, and that was said. */
static bool read_nonce(const char *hex, struct asked *a)
{
	a->nonce_len = strlen(hex) / 2;
	if (a->nonce_len >= STATEMENT_NONCE_MIN && a->nonce_len <= sizeof(a->nonce) &&
		hex_decode(hex, a->nonce, a->nonce_len))
		return true;
	command_refuse(&verify_command, "--nonce: write 8 to 64 bytes as hex digits");
	return false;
}

static struct failure write_verdict(
	const struct verdict *v, const struct job *job, const struct asked *a, struct bytes *out)
{
	if (job->ear)
		return verdict_ear(v, &job->maker, (struct span){a->nonce, a->nonce_len},
			(int64_t)time(NULL), out);
	(job->json ? verdict_json : verdict_text)(v, out);
	return failure_none();
}

/* What is renewed is the certificate that was judged, of the key that signed. */
static bool renewed(const struct job *job, const struct policy *policy, const struct verdict *v,
	const struct asked *a)
{
	struct failure f;

	if (failed(secret_pool_open(SECRETS_BYTES)) || failed(random_open()))
		return complain("verify: no locked memory: raise RLIMIT_MEMLOCK above 64 KiB");
	f = renew_node(
		job->renew, policy, v, (struct span){a->statement.data, a->statement.len}, a->fd);
	secret_pool_close();
	return !f.happened || complain("verify: %s", f.text);
}

static int print(const struct verdict *v, const struct job *job, const struct asked *a)
{
	struct bytes text = {0};
	struct failure f = write_verdict(v, job, a, &text);

	if (!f.happened &&
		(fwrite(text.data, 1, text.len, stdout) != text.len || fflush(stdout) != 0))
		f = refuse("cannot write the verdict");
	bytes_free(&text);
	if (f.happened)
		complain("verify: %s", f.text);
	return !f.happened && v->good ? EXIT_DONE : EXIT_REFUSED;
}

static bool keep(const struct job *job, const struct asked *a)
{
	bool fine = true;

	if (job->save)
		fine = file_write(job->save, a->statement.data, a->statement.len);
	if (job->cmw)
		fine &= statement_write_cmw(
			job->cmw, (struct span){a->statement.data, a->statement.len});
	return fine;
}

static int judge(
	const struct job *job, const struct policy *policy, const struct verify_trust *trust)
{
	struct asked a = {.fd = -1};
	struct verdict v;
	struct failure f = failure_none();
	int code = EXIT_MISUSE;

	if (job->evidence && !read_nonce(job->nonce, &a))
		return EXIT_MISUSE;
	if (!job->evidence)
		f = ask(job->node, policy, &a);
	if (f.happened) {
		complain("verify: %s", f.text);
		code = EXIT_REFUSED;
	} else if (!job->evidence || statement_read(job->evidence, &a.statement)) {
		verify_judge(policy, trust, (struct span){a.nonce, a.nonce_len},
			(struct span){a.statement.data, a.statement.len}, (int64_t)time(NULL), &v);
		code = print(&v, job, &a);
		if (!keep(job, &a))
			code = EXIT_REFUSED;
		if (job->renew && code == EXIT_DONE && !renewed(job, policy, &v, &a))
			code = EXIT_REFUSED;
	}
	if (a.fd >= 0)
		close(a.fd);
	bytes_free(&a.statement);
	return code;
}

/* The texts of the command line, as bytes. */
static struct failure read_trust(const struct job *job, uint8_t ak[SHA256_LEN],
	uint8_t id[TPM_NAME_LEN], struct verify_trust *out)
{
	if (job->ak && !(strlen(job->ak) == 2 * SHA256_LEN && hex_decode(job->ak, ak, SHA256_LEN)))
		return refuse("--ak %.80s: write SHA-256 as 64 hex digits", job->ak);
	if (job->id &&
		!(strlen(job->id) == 2 * TPM_NAME_LEN && hex_decode(job->id, id, TPM_NAME_LEN)))
		return refuse("--id %.80s: write %u hex digits", job->id, 2 * TPM_NAME_LEN);
	out->ak_sha256 = job->ak ? ak : NULL;
	out->node_id = job->id ? id : NULL;
	return failure_none();
}

/* Where every set demands a TPM, somebody has to say whose key may sign. */
static struct failure check_trust(const struct job *job, const struct policy *policy)
{
	for (size_t i = 0; i < policy->set_count; i++)
		if (!(policy->sets[i].kinds & 1u << (EVIDENCE_TPM2 - 1)))
			return failure_none();
	return job->ca || job->ak ? failure_none()
				  : refuse("nothing says whose key may sign: give --ca or --ak");
}

static int with_trust(const struct job *job, const struct policy *policy)
{
	struct certs ca = {NULL};
	struct verify_trust trust = {.node_ca = job->ca ? &ca : NULL};
	uint8_t ak[SHA256_LEN], id[TPM_NAME_LEN];
	struct failure f = job->ca ? certs_load(&ca, job->ca) : failure_none();
	int code = EXIT_MISUSE;

	if (!f.happened)
		f = read_trust(job, ak, id, &trust);
	if (!f.happened)
		f = check_trust(job, policy);
	if (f.happened)
		complain("verify: %s", f.text);
	else
		code = judge(job, policy, &trust);
	certs_free(&ca);
	return code;
}

/* Why the command line makes no sense; NULL: it does. */
static const char *nonsense(const struct job *job)
{
	if (!job->node == !job->evidence || !job->evidence != !job->nonce)
		return "give a NODE to ask, or --evidence FILE with --nonce HEX";
	/* What is renewed is the certificate that was judged, and a named key needs none. */
	if (job->renew && (!job->node || !job->ca || job->ak))
		return "--renew needs a NODE, and --ca without --ak";
	if (job->id && job->ak)
		return "--ak names a key, and nothing says which node that is: leave out --id";
	if (job->ear && job->json)
		return "--ear and --json print the verdict in two ways: give one";
	return NULL;
}

/* The key is read before a node is asked. */
static struct failure prepare(struct job *job, struct policy **out_policy)
{
	struct failure f;

	if (job->ear)
		TRY_FAILURE(ear_maker_open(job->ear, job->policy, &job->maker));
	f = policy_load(job->policy, out_policy);
	return f.happened ? refuse("%s: %s", job->policy, f.text) : f;
}

static int run(int argc, char **argv)
{
	struct job job = {0};
	int code = command_read(&verify_command, argc, argv, &job);
	struct policy *policy = NULL;
	struct failure f;

	if (code >= 0)
		return code;
	if (nonsense(&job)) {
		command_refuse(&verify_command, "%s", nonsense(&job));
		return EXIT_MISUSE;
	}
	f = prepare(&job, &policy);
	if (f.happened)
		complain("verify: %s", f.text);
	code = policy ? with_trust(&job, policy) : EXIT_MISUSE;
	policy_free(policy);
	ear_maker_close(&job.maker);
	return code;
}

const struct command verify_command = {
	.name = "verify",
	.summary = "judge what a running node proves of itself",
	.usage = "--policy FILE --ca FILE NODE [--json | --ear KEYFILE]\n"
		 "--policy FILE --ca FILE --evidence FILE --nonce HEX [--json | --ear KEYFILE]",
	.about =
		"Asks protostar attest on a node for a statement about a fresh nonce, or takes one "
		"from a file, and judges it by the join service's policy: what booted, that it was "
		"handed over to its init, and whose key or processor says so.",
	.groups = {{.rows = rows}},
	.operands = {{"NODE", OPTION_TEXT, OPTION_INTO(struct job, node), .optional = true}},
	.notes = "NODE is ADDR:PORT or vsock:CID:PORT.\n"
		 "Exit codes: 0 good, 1 refused or not reached, 2 misuse.",
	.run = run,
};
