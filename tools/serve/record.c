#include "tools/serve/record.h"

#include <stdio.h>

#include "early/contract/errors.h"
#include "tools/serve/deadlines.h"

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

/* Who and in which state, as far as the evidence has told. */
static void put_node(struct json_line *line, const struct exchange *x)
{
	const struct admission *a = x->admission;

	json_line_text(line, "peer", x->peer);
	if (!a || !a->claims_known)
		return;
	json_line_hex(line, "node", a->ek.name, TPM_NAME_LEN);
	json_line_hex(line, "ak", a->ak.name, TPM_NAME_LEN);
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
	if (a && a->claims_known) {
		log_hex(&l, "node", a->ek.name, TPM_NAME_LEN);
		log_hex(&l, "disk", a->disk_id, DISK_ID_LEN);
		log_text(&l, "set", a->set_name);
	}
	if (detail && detail[0])
		log_text(&l, "detail", detail);
	log_end(&s->log, &l);
}

/* Writes the line that takes back one that did not come true. */
static bool settle(struct service *s, struct why *why)
{
	struct json_line line;

	if (!s->void_due)
		return true;
	audit_begin(s->audit, &line, "void");
	json_line_number(&line, "of", s->void_due);
	if (!audit_append(s->audit, &line, true, why))
		return false;
	s->void_due = 0;
	return true;
}

static bool begin(struct service *s, struct json_line *line, const char *event, struct why *why)
{
	if (!settle(s, why))
		return false;
	audit_begin(s->audit, line, event);
	if (s->denials.left_out)
		json_line_number(line, "denials_left_out", s->denials.left_out);
	return true;
}

static bool append(struct service *s, struct json_line *line, bool durable, struct why *why)
{
	if (!audit_append(s->audit, line, durable, why))
		return false;
	s->denials.left_out = 0;
	return true;
}

bool record_grant(struct service *s, const struct exchange *x, struct why *why)
{
	struct json_line line;

	if (!begin(s, &line, "grant", why))
		return false;
	put_node(&line, x);
	put_disk(&line, x->granted.action, &x->granted.disk);
	if (!append(s, &line, true, why))
		return false;
	log_decision(s, x, "granted", 0, action_name(x->granted.action));
	return true;
}

bool record_commit(
	struct service *s, const struct exchange *x, const struct store_disk *disk, struct why *why)
{
	struct json_line line;

	if (!begin(s, &line, "commit", why))
		return false;
	put_node(&line, x);
	put_disk(&line, x->granted.action, disk);
	if (!append(s, &line, true, why))
		return false;
	log_decision(s, x, "committed", 0, NULL);
	return true;
}

static bool record_deed(struct service *s, const struct store_deed *deed, struct why *why)
{
	struct json_line line;
	struct log_line l;

	if (!begin(s, &line, deed->what, why))
		return false;
	json_line_text(&line, "detail", deed->detail);
	json_line_number(&line, "done_s", deed->time_s);
	json_line_number(&line, "uid", deed->uid);
	if (!append(s, &line, true, why))
		return false;
	log_begin(&s->log, &l, deed->what);
	log_text(&l, "detail", deed->detail);
	log_number(&l, "uid", deed->uid);
	log_end(&s->log, &l);
	return true;
}

bool record_deeds(struct service *s, struct why *why)
{
	struct store_deed deed;
	bool there;

	for (;;) {
		if (!store_next_deed(s->store, &deed, &there, why))
			return false;
		if (!there)
			return true;
		if (!record_deed(s, &deed, why) || !store_drop_deed(s->store, deed.number, why))
			return false;
	}
}

void record_void(struct service *s, uint64_t of)
{
	struct why why;

	s->void_due = of;
	if (!settle(s, &why))
		log_say(&s->log, "audit-failed", why.text);
}

static void leave_out(struct service *s, const struct why *why)
{
	s->denials.left_out++;
	log_say(&s->log, "audit-failed", why->text);
}

/* What ends a grant is always recorded, since the grant was. */
static bool is_bounded(const struct exchange *x)
{
	return x->phase != EXCHANGE_COMMIT;
}

/* Starts a line about something that anybody can cause; false when there have been too many. */
static bool begin_bounded(
	struct service *s, const struct exchange *x, struct json_line *line, const char *event)
{
	struct why why;

	/* Where nobody has claimed to be somebody there is nothing to remember. */
	if (!x->admission || !x->admission->claims_known)
		return false;
	if (is_bounded(x) && !denial_budget_take(&s->denials, now_ms()))
		return false;
	if (begin(s, line, event, &why))
		return true;
	leave_out(s, &why);
	return false;
}

static void end_bounded(struct service *s, const struct exchange *x, struct json_line *line)
{
	struct why why;

	put_node(line, x);
	if (!append(s, line, false, &why))
		leave_out(s, &why);
	else if (is_bounded(x))
		denial_budget_spend(&s->denials, line->len);
}

void record_unsent(struct service *s, const struct exchange *x)
{
	struct json_line line;

	log_decision(s, x, "unsent", 0, "the connection ended before the grant had left");
	if (begin_bounded(s, x, &line, "unsent"))
		end_bounded(s, x, &line);
}

void record_denial(struct service *s, const struct exchange *x, uint16_t code, const char *detail)
{
	struct json_line line;

	if (refusal_count(&s->refusals, REFUSAL_DENIED))
		log_decision(s, x, "denied", code, detail);
	if (!begin_bounded(s, x, &line, "deny"))
		return;
	json_line_number(&line, "code", code);
	json_line_text(&line, "reason", error_text(code));
	json_line_text(&line, "detail", detail);
	end_bounded(s, x, &line);
}

void record_abort(struct service *s, const struct exchange *x, uint16_t node_code)
{
	struct json_line line;

	if (refusal_count(&s->refusals, REFUSAL_ABORTED))
		log_decision(s, x, "aborted", node_code, "the node gave up");
	if (!begin_bounded(s, x, &line, "abort"))
		return;
	json_line_number(&line, "node_code", node_code);
	end_bounded(s, x, &line);
}

bool record_position(struct service *s, struct why *why)
{
	struct audit_position last;

	return audit_position(s->audit, &last, why) && store_put_position(s->store, &last, why);
}

static bool tell_store(struct service *s, struct why *why)
{
	if (!store_begin(s->store, why))
		return false;
	if (record_position(s, why))
		return store_commit(s->store, why);
	store_rollback(s->store);
	return false;
}

void record_reopen(struct service *s)
{
	struct why why;
	bool fresh = false;

	/* Whenever the power goes, the store knows the line that the new file goes on from. */
	if (!tell_store(s, &why) || !audit_reopen(s->audit, &fresh, &why))
		log_say(&s->log, "record-kept", why.text);
	if (!fresh)
		return;
	log_say(&s->log, "record-reopened", "the audit record goes on in a new file");
	if (!tell_store(s, &why))
		log_say(&s->log, "audit-failed", why.text);
}
