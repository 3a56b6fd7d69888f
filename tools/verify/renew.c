/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/renew.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include "tools/attest/endpoint.h"
#include "tools/serve/join/state.h"
#include "tools/serve/store/store_revocations.h"

static const struct policy_set *find_set(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->set_count; i++)
		if (strcmp(p->sets[i].name, name) == 0)
			return &p->sets[i];
	return NULL;
}

/* Whom operators have to name is named, in the role that it has. */
static struct failure check_enrolment(const struct policy *p, const struct policy_set *set,
	const struct verdict *v, const struct store_view *view)
{
	bool wanted = (p->identity.rules & (IDENTITY_LISTED | IDENTITY_APPROVAL)) ||
		      set->listed_only;
	const char *role = set->role;

	if (wanted && !view->has_enrolment)
		return refuse("the node is not enrolled any more");
	if (view->has_enrolment && view->enrolment.role[0])
		role = view->enrolment.role;
	return strcmp(v->role, role) == 0
		       ? failure_none()
		       : refuse("the node has another role now: it has to join again");
}

static struct failure check_node(
	const struct policy *p, const struct verdict *v, const struct store_view *view)
{
	const struct policy_set *set = find_set(p, v->set);

	if (!view->has_node)
		return refuse("the join service does not know the node any more");
	if (policy_node_revoked(p, view->node.ek_id) || policy_disk_revoked(p, view->node.disk_id))
		return refuse("the node's endorsement key or its disk is revoked");
	if (!set || v->certified_epoch != set->epoch)
		return refuse("the set's epoch is another one than at the join: the node has to "
			      "join again");
	return check_enrolment(p, set, v, view);
}

/* By an operator's word: everything that the record and the verdict name of the node. */
static struct failure check_revocations(
	struct store *s, const struct verdict *v, const struct store_view *view)
{
	const struct store_node *n = &view->node;
	const struct store_revocation named[] = {
		revocation_of(REVOKED_NODE, (struct span){n->node_id, TPM_NAME_LEN}),
		revocation_of(REVOKED_NODE, (struct span){n->ek_id, TPM_NAME_LEN}),
		revocation_of(REVOKED_DISK, (struct span){n->disk_id, DISK_ID_LEN}),
		revocation_of(REVOKED_EK, (struct span){n->ek_id, TPM_NAME_LEN}),
		revocation_of(REVOKED_AK, (struct span){n->ak_name, TPM_NAME_LEN}),
		revocation_of(REVOKED_SET, (struct span){(const uint8_t *)v->set, strlen(v->set)}),
		revocation_of_epoch(v->certified_epoch),
		revocation_of(REVOKED_CHIP, (struct span){v->snp.chip_id, SNP_CHIP_ID_LEN}),
		revocation_of(REVOKED_CHIP, (struct span){v->tdx.ppid, TDX_PPID_LEN}),
	};
	bool revoked = false;

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		TRY_FAILURE(store_is_revoked(s, &named[i], &revoked));
		if (revoked)
			return refuse("the node's %s is revoked: protostar node revocations",
				revocation_kind_name(named[i].kind));
	}
	return failure_none();
}

/* The record of the node, and then what is said of the endorsement key in it. */
static struct failure look_up(
	struct store *s, const uint8_t node_id[TPM_NAME_LEN], struct store_view *out)
{
	static const uint8_t no_disk[DISK_ID_LEN];
	struct store_key key = {.node_id = node_id, .disk_id = no_disk};
	uint8_t ek_id[TPM_NAME_LEN];

	TRY_FAILURE(store_view(s, &key, out));
	if (!out->has_node)
		return failure_none();
	memcpy(ek_id, out->node.ek_id, TPM_NAME_LEN);
	key.ek_id = ek_id;
	return store_view(s, &key, out);
}

static struct failure check_standing(
	const char *folder, const struct policy *p, const struct verdict *v)
{
	char path[PATH_MAX];
	struct store_view view;
	struct store *store;
	struct failure f;

	TRY_FAILURE(state_path(folder, STORE_FILE, path, sizeof(path)));
	TRY_FAILURE(store_open(path, STORE_READ, &store));
	f = look_up(store, v->node_id, &view);
	if (!f.happened)
		f = check_node(p, v, &view);
	if (!f.happened)
		f = check_revocations(store, v, &view);
	store_close(store);
	return f;
}

static struct failure certify_again(
	const char *folder, struct span certificate, uint8_t out[CERTIFICATE_MAX], size_t *out_len)
{
	char key[PATH_MAX], own[PATH_MAX];
	int64_t now_s = (int64_t)time(NULL);
	struct node_ca *ca = NULL;
	struct failure f;

	TRY_FAILURE(state_path(folder, STATE_CA_KEY, key, sizeof(key)));
	TRY_FAILURE(state_path(folder, STATE_CA_CERT, own, sizeof(own)));
	TRY_FAILURE(node_ca_open(key, own, false, now_s, &ca));
	f = node_ca_renew(ca, certificate, now_s, NODE_CERTIFICATE_LIFETIME_S, out, out_len);
	node_ca_close(ca);
	return f;
}

struct failure renew_node(const char *folder, const struct policy *policy,
	const struct verdict *verdict, struct span statement, int fd)
{
	uint8_t certificates[CERTIFICATE_MAX], frame[CERTIFICATE_MAX + ATTEST_FRAME_HEADER_LEN];
	struct statement m;
	struct wire_writer w;
	size_t len = 0;

	if (verdict->key != KEY_CERTIFIED)
		return refuse("the node has no certificate to renew");
	if (!statement_get(statement, &m))
		return refuse("this is no statement");
	TRY_FAILURE(check_standing(folder, policy, verdict));
	TRY_FAILURE(certify_again(folder, m.certificate, certificates, &len));
	wire_write_start(&w, frame, sizeof(frame));
	attest_frame_put(&w, ATTEST_RENEWAL, (struct span){certificates, len});
	return endpoint_send(fd, frame, w.len);
}
