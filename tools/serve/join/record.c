/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/record.h"

#include <stdio.h>
#include <string.h>

#include "early/contract/errors.h"
#include "tools/serve/log/clock.h"
#include "tools/serve/join/pcr_list.h"

static void put_pcrs(struct json_line *line, const char *key, uint32_t mask)
{
	char text[PCR_LIST_SIZE];

	pcr_list(mask, text);
	if (*text)
		json_line_text(line, key, text);
}

static void put_quoted(struct json_line *line, const struct admission *a)
{
	const uint8_t *value = a->pcr_values;

	json_line_object(line, "pcrs");
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		char name[4];

		if (!(a->pcr_mask >> pcr & 1u))
			continue;
		snprintf(name, sizeof(name), "%u", pcr);
		json_line_hex(line, name, value, a->digest_len);
		value += a->digest_len;
	}
	json_line_close(line);
}

/* Before a set is found the node is known by its TPM's endorsement key, if it has one. */
static const uint8_t *name_of(const struct admission *a)
{
	if (a->set_known)
		return a->node_id;
	return a->has_ek ? a->ek.node_id : NULL;
}

/* Anybody can claim another's key: a line must not say of its owner what he did not do. */
static const char *name_key(const struct admission *a)
{
	return a->set_known || a->ek_proven ? "node" : "claimed_ek";
}

/* As `protostar node revoke chip` takes them. Reports of two processors are odd, and told. */
static void put_chips(struct json_line *line, const struct admission *a)
{
	for (size_t i = 0; i < a->chip_count; i++) {
		char key[16] = "chip";

		if (i)
			snprintf(key, sizeof(key), "chip_%zu", i + 1);
		json_line_hex(line, key, a->chips[i].id, a->chips[i].len);
	}
}

static void put_names(struct json_line *line, const struct admission *a)
{
	if (name_of(a))
		json_line_hex(line, name_key(a), name_of(a), TPM_NAME_LEN);
	if (a->has_ek && a->set_known && memcmp(a->node_id, a->ek.node_id, TPM_NAME_LEN) != 0)
		json_line_hex(line, a->uses_ek ? "ek" : "claimed_ek", a->ek.node_id, TPM_NAME_LEN);
	if (a->has_ak)
		json_line_hex(line, a->quoted ? "ak" : "claimed_ak", a->ak.name, TPM_NAME_LEN);
	put_chips(line, a);
	if (a->proven && a->subject[0])
		json_line_text(line, "subject", a->subject);
}

/* Who and in which state, as far as the evidence has told. */
static void put_node(struct json_line *line, const struct exchange *x)
{
	const struct admission *a = x->admission;

	json_line_text(line, "peer", x->peer);
	if (!a || !a->claims_known)
		return;
	put_names(line, a);
	json_line_hex(line, "disk", a->disk_id, DISK_ID_LEN);
	json_line_text(line, "version", a->version);
	if (!a->quoted)
		return;
	json_line_text(line, "set", a->set_name);
	json_line_number(line, "epoch", a->epoch);
	put_pcrs(line, "differing", a->differing);
	put_pcrs(line, "warned", a->warned);
	put_quoted(line, a);
}

static const char *action_name(uint8_t action)
{
	return action == ACTION_OPEN ? "open" : action == ACTION_FORMAT ? "format" : "overwrite";
}

static void put_disk(struct json_line *line, uint8_t action, const struct store_disk *disk)
{
	json_line_text(line, "action", action_name(action));
	json_line_number(line, "key_version", disk->key_version);
	json_line_hex(line, "salt", disk->salt, DISK_SALT_LEN);
	json_line_number(line, "generation", disk->generation);
	json_line_number(line, "attempt", disk->attempt);
	json_line_hex(line, "header_mac", disk->header_mac, HEADER_MAC_LEN);
	if (!disk->next_version)
		return;
	json_line_number(line, "next_version", disk->next_version);
	json_line_hex(line, "next_header_mac", disk->next_header_mac, HEADER_MAC_LEN);
}

static void log_decision(struct service *s, const struct exchange *x, const char *event,
	uint16_t code, const char *detail)
{
	const struct admission *a = x->admission;
	struct log_line l;

	log_begin(&s->log, &l, event);
	log_text(&l, "peer", x->peer);
	if (code)
		log_number(&l, "code", code);
	if (strcmp(event, "alarm") == 0)
		log_number(&l, "count", refusal_total(&s->refusals, REFUSAL_ALARM));
	if (a && a->claims_known) {
		if (name_of(a))
			log_hex(&l, name_key(a), name_of(a), TPM_NAME_LEN);
		log_hex(&l, "disk", a->disk_id, DISK_ID_LEN);
		log_text(&l, "set", a->set_name);
	}
	if (detail && detail[0])
		log_text(&l, "detail", detail);
	log_end(&s->log, &l);
}

/* Writes the line that takes back one that did not come true. */
static struct failure settle(struct service *s)
{
	struct json_line line;

	if (!s->void_due)
		return failure_none();
	audit_begin(s->audit, &line, "void");
	json_line_number(&line, "of", s->void_due);
	TRY_FAILURE(audit_append(s->audit, &line, true));
	s->void_due = 0;
	return failure_none();
}

static struct failure begin(struct service *s, struct json_line *line, const char *event)
{
	TRY_FAILURE(settle(s));
	audit_begin(s->audit, line, event);
	if (s->denials.left_out + s->alarms.left_out)
		json_line_number(
			line, "denials_left_out", s->denials.left_out + s->alarms.left_out);
	return failure_none();
}

static struct failure append(struct service *s, struct json_line *line, bool durable)
{
	TRY_FAILURE(audit_append(s->audit, line, durable));
	s->denials.left_out = s->alarms.left_out = 0;
	return failure_none();
}

struct failure record_grant(struct service *s, const struct exchange *x)
{
	struct json_line line;

	TRY_FAILURE(begin(s, &line, "grant"));
	put_node(&line, x);
	put_disk(&line, x->granted.action, &x->granted.disk);
	json_line_text(&line, "wrap", x->admission->mlkem_len ? "hybrid" : "classical");
	TRY_FAILURE(append(s, &line, true));
	metrics_count(&s->metrics, METRIC_GRANT);
	log_decision(s, x, "granted", 0, action_name(x->granted.action));
	return failure_none();
}

struct failure record_commit(
	struct service *s, const struct exchange *x, const struct store_disk *disk)
{
	struct json_line line;

	TRY_FAILURE(begin(s, &line, "commit"));
	put_node(&line, x);
	put_disk(&line, x->granted.action, disk);
	TRY_FAILURE(append(s, &line, true));
	metrics_count(&s->metrics, METRIC_COMMIT);
	if (disk->key_version != x->granted.disk.key_version)
		metrics_count(&s->metrics, METRIC_ROTATION);
	log_decision(s, x, "committed", 0, NULL);
	return failure_none();
}

static struct failure record_change(struct service *s, const struct store_change *change)
{
	struct json_line line;
	struct log_line l;

	TRY_FAILURE(begin(s, &line, change->what));
	json_line_text(&line, "detail", change->detail);
	json_line_number(&line, "done_s", change->time_s);
	json_line_number(&line, "uid", change->uid);
	TRY_FAILURE(append(s, &line, true));
	log_begin(&s->log, &l, change->what);
	log_text(&l, "detail", change->detail);
	log_number(&l, "uid", change->uid);
	log_end(&s->log, &l);
	return failure_none();
}

struct failure record_changes(struct service *s)
{
	struct store_change change;
	bool there;

	for (;;) {
		TRY_FAILURE(store_next_change(s->store, &change, &there));
		if (!there)
			return failure_none();
		TRY_FAILURE(record_change(s, &change));
		TRY_FAILURE(store_drop_change(s->store, change.number));
	}
}

void record_void(struct service *s, uint64_t of)
{
	struct failure f;

	s->void_due = of;
	f = settle(s);
	if (f.happened)
		log_message(&s->log, "audit-failed", f.text);
}

static void leave_out(struct service *s, const struct failure *f)
{
	s->denials.left_out++;
	log_message(&s->log, "audit-failed", f->text);
}

/* What ends a grant is always recorded, since the grant was. */
static bool is_bounded(const struct exchange *x)
{
	return x->phase != EXCHANGE_COMMIT && x->phase != EXCHANGE_COMMIT_NEXT;
}

/* Starts a line about something that anybody can cause; false when there have been too many. */
static bool begin_bounded(struct service *s, const struct exchange *x, struct denial_budget *budget,
	struct json_line *line, const char *event)
{
	struct failure f;

	/* Where nobody has claimed to be somebody there is nothing to remember. */
	if (!x->admission || !x->admission->claims_known)
		return false;
	if (is_bounded(x) && !denial_budget_take(budget, now_ms()))
		return false;
	f = begin(s, line, event);
	if (f.happened)
		leave_out(s, &f);
	return !f.happened;
}

static void end_bounded(struct service *s, const struct exchange *x, struct denial_budget *budget,
	struct json_line *line)
{
	struct failure f;

	put_node(line, x);
	f = append(s, line, false);
	if (f.happened)
		leave_out(s, &f);
	else if (is_bounded(x))
		denial_budget_spend(budget, line->len);
}

void record_unsent(struct service *s, const struct exchange *x)
{
	struct json_line line;

	log_decision(s, x, "unsent", 0, "the connection ended before the grant had left");
	if (begin_bounded(s, x, &s->denials, &line, "unsent"))
		end_bounded(s, x, &s->denials, &line);
}

void record_denial(struct service *s, const struct exchange *x, const struct denial *d)
{
	struct denial_budget *budget = d->alarm ? &s->alarms : &s->denials;
	const char *event = d->alarm ? "alarm" : "deny";
	bool logged = refusal_count(&s->refusals, d->alarm ? REFUSAL_ALARM : REFUSAL_DENIED);
	char detail[FAILURE_TEXT_MAX];
	struct json_line line;

	metrics_count_denial(&s->metrics, d->code);
	if (d->alarm)
		metrics_count(&s->metrics, METRIC_ALARM);
	if (logged) {
		denial_text(d, detail);
		log_decision(s, x, d->alarm ? "alarm" : "denied", d->code, detail);
	}
	if (!begin_bounded(s, x, budget, &line, event))
		return;
	if (!logged)
		denial_text(d, detail);
	json_line_number(&line, "code", d->code);
	json_line_text(&line, "reason", error_text(d->code));
	json_line_text(&line, "detail", detail);
	end_bounded(s, x, budget, &line);
}

void record_abort(struct service *s, const struct exchange *x, uint16_t node_code)
{
	struct json_line line;

	metrics_count(&s->metrics, METRIC_ABORT);
	if (refusal_count(&s->refusals, REFUSAL_ABORTED))
		log_decision(s, x, "aborted", node_code, "the node gave up");
	if (!begin_bounded(s, x, &s->denials, &line, "abort"))
		return;
	json_line_number(&line, "node_code", node_code);
	end_bounded(s, x, &s->denials, &line);
}

struct failure record_position(struct service *s)
{
	struct audit_position last;

	TRY_FAILURE(audit_position(s->audit, &last));
	return store_put_position(s->store, &last);
}

static struct failure store_last_line(struct service *s)
{
	struct failure f;

	TRY_FAILURE(store_begin(s->store));
	f = record_position(s);
	if (!f.happened)
		return store_commit(s->store);
	store_rollback(s->store);
	return f;
}

void record_reopen(struct service *s)
{
	bool fresh = false;
	/* Whenever the power goes, the store knows the line that the new file goes on from. */
	struct failure f = store_last_line(s);

	if (!f.happened)
		f = audit_reopen(s->audit, &fresh);
	if (f.happened)
		log_message(&s->log, "record-kept", f.text);
	if (!fresh)
		return;
	log_message(&s->log, "record-reopened", "the audit record goes on in a new file");
	f = store_last_line(s);
	if (f.happened)
		log_message(&s->log, "audit-failed", f.text);
}
