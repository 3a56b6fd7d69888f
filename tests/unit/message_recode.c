/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/message_recode.h"

static bool service_recode(uint8_t type, struct span body, struct wire_writer *w)
{
	struct msg_hello hello;
	struct msg_challenge challenge;
	struct msg_grant grant;
	struct msg_deny deny;
	struct msg_ack ack;

	if (type == MSG_HELLO && message_get_hello(body, &hello))
		message_put_hello(w, &hello);
	else if (type == MSG_CHALLENGE && message_get_challenge(body, &challenge))
		message_put_challenge(w, &challenge);
	else if (type == MSG_GRANT && message_get_grant(body, &grant))
		message_put_grant(w, &grant);
	else if (type == MSG_DENY && message_get_deny(body, &deny))
		message_put_deny(w, &deny);
	else if (type == MSG_ACK && message_get_ack(body, &ack))
		message_put_ack(w, &ack);
	else
		return false;
	return true;
}

static bool node_recode(uint8_t type, struct span body, struct wire_writer *w)
{
	struct msg_evidence evidence;
	struct msg_proof proof;
	struct msg_commit commit;
	struct msg_abort abort_;

	if (type == MSG_EVIDENCE && message_get_evidence(body, &evidence))
		message_put_evidence(w, &evidence);
	else if (type == MSG_PROOF && message_get_proof(body, &proof))
		message_put_proof(w, &proof);
	else if (type == MSG_COMMIT && message_get_commit(body, &commit))
		message_put_commit(w, &commit);
	else if (type == MSG_ABORT && message_get_abort(body, &abort_))
		message_put_abort(w, &abort_);
	else
		return false;
	return true;
}

bool frame_recode(struct span frame, struct wire_writer *w)
{
	struct span body;
	uint8_t type;
	size_t body_len;

	if (frame.len < FRAME_HEADER_LEN || !frame_header(frame.data, &type, &body_len))
		return false;
	if (body_len != frame.len - FRAME_HEADER_LEN)
		return false;
	body = (struct span){frame.data + FRAME_HEADER_LEN, body_len};
	return service_recode(type, body, w) || node_recode(type, body, w);
}

bool claims_recode(struct span body, struct wire_writer *w)
{
	struct msg_claims m;

	if (!claims_get(body, &m))
		return false;
	claims_put(w, &m);
	return true;
}

bool grant_secrets_recode(struct span body, struct wire_writer *w)
{
	struct grant_secrets m;

	if (!grant_secrets_get(body, &m))
		return false;
	grant_secrets_put(w, &m);
	return true;
}

bool evidence_recode(uint8_t type, struct span item, struct wire_writer *w)
{
	struct evidence_tpm2 tpm2;
	struct evidence_snp snp;
	struct evidence_tdx tdx;
	struct evidence_hcl hcl;
	struct evidence_svsm svsm;

	if (type == EVIDENCE_TPM2 && evidence_tpm2_get(item, &tpm2))
		evidence_tpm2_put(w, &tpm2);
	else if (type == EVIDENCE_SNP && evidence_snp_get(item, &snp))
		evidence_snp_put(w, &snp);
	else if (type == EVIDENCE_TDX && evidence_tdx_get(item, &tdx))
		evidence_tdx_put(w, &tdx);
	else if (type == EVIDENCE_HCL && evidence_hcl_get(item, &hcl))
		evidence_hcl_put(w, &hcl);
	else if (type == EVIDENCE_SVSM && evidence_svsm_get(item, &svsm))
		evidence_svsm_put(w, &svsm);
	else
		return false;
	return true;
}

bool service_evidence_recode(struct span item, struct wire_writer *w)
{
	struct service_evidence m;

	if (!service_evidence_get(item, &m))
		return false;
	service_evidence_put(w, &m);
	return true;
}
