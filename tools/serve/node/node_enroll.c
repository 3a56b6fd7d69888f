/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar node enroll|approve|reject|ticket`: an operator's word for machines that may come. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/evidence/tpm/ek_certificate.h"
#include "tools/lib/hex.h"
#include "tools/lib/private_file.h"
#include "tools/serve/join/node_id.h"
#include "tools/serve/node/node_word.h"

#define CERTIFICATE_FILE_MAX 65536u
#define TICKET_USES_MAX	     1000000u

static struct failure take_text(const char *text, const char *what, char out[POLICY_NAME_MAX + 1])
{
	size_t len = text ? strlen(text) : 0;

	if (len > POLICY_NAME_MAX)
		return refuse("a %s has at most %u characters", what, POLICY_NAME_MAX);
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return refuse("a %s must be printable ASCII", what);
	snprintf(out, POLICY_NAME_MAX + 1, "%s", text ? text : "");
	return failure_none();
}

/* Role and label, as the operator gives them. */
static struct failure take_words(const struct node_request *r, struct store_enrolment *e)
{
	TRY_FAILURE(take_text(r->role, "role", e->role));
	TRY_FAILURE(take_text(r->label, "label", e->label));
	e->time_s = (uint64_t)time(NULL);
	return failure_none();
}

static struct failure take_disk(const char *hex, uint8_t out[DISK_ID_LEN])
{
	if (!hex_decode_text(hex, strlen(hex), out, DISK_ID_LEN))
		return refuse(
			"%s is not a disk's whole identifier, %u hex digits", hex, 2 * DISK_ID_LEN);
	return failure_none();
}

/* An id of an endorsement key, or another node id as `node pending` shows it. */
static struct failure take_name(const char *hex, uint8_t out[TPM_NAME_LEN])
{
	if (!hex_decode_text(hex, strlen(hex), out, TPM_NAME_LEN) ||
		!(out[0] == 0xf0 || (out[0] == 0 && out[1] == 0x0b)))
		return refuse(
			"%s is not a node's whole name: 000b or f0.. and 64 more hex digits", hex);
	return failure_none();
}

static struct failure take_parsed(X509 *cert, struct store_enrolment *e)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	struct failure f = len > 0 ? ek_certificate_node_id(
					     (struct span){der, (size_t)len}, e->node_id)
				   : refuse("the certificate cannot be encoded");

	if (!f.happened)
		cert_text(cert, e->subject);
	OPENSSL_free(der);
	return f;
}

static struct failure take_pem(struct span pem, struct store_enrolment *e)
{
	struct certs certs = {NULL};
	struct failure f = certs_add_pem(&certs, pem);

	if (!f.happened && sk_X509_num(certs.list) != 1)
		f = refuse("it must hold one certificate, that of the endorsement key");
	if (!f.happened)
		f = take_parsed(sk_X509_value(certs.list, 0), e);
	certs_free(&certs);
	return f;
}

/* DER, also as it lies in the TPM's NV memory, with what makers put around it. */
static struct failure take_der(struct span stored, struct store_enrolment *e)
{
	X509 *cert;

	TRY_FAILURE(ek_certificate_node_id(stored, e->node_id));
	cert = cert_parse(stored);
	if (cert)
		cert_text(cert, e->subject);
	X509_free(cert);
	return failure_none();
}

static struct failure take_certificate(const char *path, struct store_enrolment *e)
{
	static char bytes[CERTIFICATE_FILE_MAX];
	struct failure f;
	size_t len;

	TRY_FAILURE(trusted_file_read(path, bytes, sizeof(bytes), &len));
	f = len > 5 && memcmp(bytes, "-----", 5) == 0
		    ? take_pem((struct span){(const uint8_t *)bytes, len}, e)
		    : take_der((struct span){(const uint8_t *)bytes, len}, e);
	return f.happened ? refuse("%s: %s", path, f.text) : f;
}

/* A disk is one machine's: whoever was enrolled with it first has to be rejected first. */
static struct failure put(struct store *s, const struct store_enrolment *e)
{
	struct store_key key = {.node_id = e->node_id, .disk_id = e->disk_id};
	struct store_view view;

	if (e->has_disk) {
		TRY_FAILURE(store_view(s, &key, &view));
		if (view.disk_reserved)
			return refuse("another node is enrolled with this disk: protostar node "
				      "enrolled, node reject");
	}
	return store_put_enrolment(s, e);
}

static struct failure enroll(struct store *s, const struct node_request *r)
{
	struct store_enrolment e = {.has_disk = r->disk != NULL}, before;
	char name[NODE_NAME_HEX];
	bool known;

	if (!r->ek_cert == !r->ek_name)
		return refuse("say which machine: --ek-cert FILE or --ek-name HEX");
	TRY_FAILURE(
		r->ek_cert ? take_certificate(r->ek_cert, &e) : take_name(r->ek_name, e.node_id));
	TRY_FAILURE(take_words(r, &e));
	if (r->disk)
		TRY_FAILURE(take_disk(r->disk, e.disk_id));
	hex_encode(e.node_id, TPM_NAME_LEN, name);
	TRY_FAILURE(store_get_enrolment(s, e.node_id, NULL, &before, &known));
	if (known)
		return refuse("node %s is enrolled already: protostar node reject it first", name);
	TRY_FAILURE(put(s, &e));
	TRY_FAILURE(store_drop_pending(s, e.node_id));
	TRY_FAILURE(node_put_change(s, "enroll", "node %s%s%s, role \"%s\"", name,
		r->disk ? ", disk " : "", r->disk ? r->disk : "", e.role));
	printf("%s\n", name);
	return failure_none();
}

/* Those whose name or disk begins so. */
struct waiting {
	const char *name;
	unsigned count;
	struct store_pending found;
};

static void look_at_waiting(void *context, const struct store_pending *pending)
{
	struct waiting *w = context;
	char node[NODE_NAME_HEX], disk[NODE_DISK_HEX];

	hex_encode(pending->node_id, TPM_NAME_LEN, node);
	hex_encode(pending->disk_id, DISK_ID_LEN, disk);
	if (strncmp(node, w->name, strlen(w->name)) != 0 &&
		strncmp(disk, w->name, strlen(w->name)) != 0)
		return;
	w->found = *pending;
	w->count++;
}

static struct failure find_waiting(struct store *s, const char *name, struct waiting *out)
{
	*out = (struct waiting){.name = name};
	if (strlen(name) < NODE_DIGITS_MIN)
		return refuse("%s: give at least %u digits of a node's or disk's name", name,
			NODE_DIGITS_MIN);
	TRY_FAILURE(store_each_pending(s, look_at_waiting, out));
	if (out->count > 1)
		return refuse("%s is the beginning of %u names: give more of it", name, out->count);
	return failure_none();
}

static struct failure approve(struct store *s, const struct node_request *r)
{
	struct store_enrolment e = {.has_disk = true};
	struct waiting w;
	char name[NODE_NAME_HEX], disk[NODE_DISK_HEX];

	TRY_FAILURE(find_waiting(s, r->name, &w));
	if (!w.count)
		return refuse("no node that waits is named %s: protostar node pending", r->name);
	TRY_FAILURE(take_words(r, &e));
	/* What was looked at is node and disk together. */
	memcpy(e.node_id, w.found.node_id, TPM_NAME_LEN);
	memcpy(e.disk_id, w.found.disk_id, DISK_ID_LEN);
	snprintf(e.subject, sizeof(e.subject), "%s", w.found.subject);
	hex_encode(e.node_id, TPM_NAME_LEN, name);
	hex_encode(e.disk_id, DISK_ID_LEN, disk);
	TRY_FAILURE(put(s, &e));
	TRY_FAILURE(store_drop_pending(s, e.node_id));
	return node_put_change(s, "approve", "node %s, disk %s, role \"%s\"", name, disk, e.role);
}

struct enrolled {
	const char *name;
	unsigned count;
	struct store_enrolment found;
};

static void look_at_enrolled(void *context, const struct store_enrolment *enrolment)
{
	struct enrolled *e = context;
	char node[NODE_NAME_HEX];

	hex_encode(enrolment->node_id, TPM_NAME_LEN, node);
	if (strncmp(node, e->name, strlen(e->name)) != 0)
		return;
	e->found = *enrolment;
	e->count++;
}

/* Of one that waits, and of one that is enrolled: it is neither any more. */
static struct failure reject(struct store *s, const struct node_request *r)
{
	struct enrolled e = {.name = r->name};
	struct waiting w;
	const uint8_t *id;
	char name[NODE_NAME_HEX];

	TRY_FAILURE(find_waiting(s, r->name, &w));
	TRY_FAILURE(store_each_enrolment(s, look_at_enrolled, &e));
	if (e.count > 1)
		return refuse("%s is the beginning of %u names: give more of it", r->name, e.count);
	if (!e.count && !w.count)
		return refuse("no node that waits or is enrolled is named %s", r->name);
	if (e.count && w.count && memcmp(e.found.node_id, w.found.node_id, TPM_NAME_LEN) != 0)
		return refuse("%s is the beginning of 2 names: give more of it", r->name);
	id = e.count ? e.found.node_id : w.found.node_id;
	hex_encode(id, TPM_NAME_LEN, name);
	TRY_FAILURE(store_drop_pending(s, id));
	TRY_FAILURE(store_drop_enrolment(s, id));
	return node_put_change(s, "reject", "node %s", name);
}

static struct failure take_until(const char *text, uint64_t *out)
{
	struct tm tm = {.tm_sec = 0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	time_t t = end && !*end ? timegm(&tm) : -1;

	if (t <= time(NULL))
		return refuse("%s is no time to come, as 2030-01-31T12:00:00Z", text);
	*out = (uint64_t)t;
	return failure_none();
}

static struct failure ticket(struct store *s, const struct node_request *r)
{
	struct store_ticket t = {.uses = r->uses};

	TRY_FAILURE(take_disk(r->disk, t.disk_id));
	if (t.uses > TICKET_USES_MAX)
		return refuse("a ticket has at most %u uses", TICKET_USES_MAX);
	if (r->until)
		TRY_FAILURE(take_until(r->until, &t.until_s));
	TRY_FAILURE(store_put_ticket(s, &t));
	return node_put_change(s, "ticket", "disk %s, %llu uses%s%s", r->disk,
		(unsigned long long)t.uses, r->until ? " until " : "", r->until ? r->until : "");
}

struct failure node_enroll(const struct node_request *r)
{
	return node_in_transaction(r, enroll);
}

struct failure node_approve(const struct node_request *r)
{
	return node_in_transaction(r, approve);
}

struct failure node_reject(const struct node_request *r)
{
	return node_in_transaction(r, reject);
}

struct failure node_ticket(const struct node_request *r)
{
	return node_in_transaction(r, ticket);
}
