/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages of the join protocol, version 1, as early/contract/PROTOCOL.md specifies them: the
 * structs, the limits, and both directions of each. messages_node.c holds what a node sends and
 * reads and is all that PID 1 links; messages_service.c the other ends, for services and tests.
 *
 * A frame is  u32 length | u8 type | u8 version | body,  where length counts type, version and
 * body. Reading one takes three steps: frame_header() on the first FRAME_HEADER_LEN bytes says type
 * and body length; the caller reads the body; message_get_X() decodes it. message_put_X() writes a
 * whole frame. Decoders are total: they accept exactly what the specification allows, borrow spans
 * from the buffer they read and write *out only when they return true. Encoders hold to the same
 * rules: a message that a decoder would refuse fails the writer. Nothing allocates.
 */
#ifndef EARLY_CONTRACT_MESSAGES_H
#define EARLY_CONTRACT_MESSAGES_H

#include "early/contract/wire.h"

#define PROTOCOL_VERSION 1
#define PROTOCOL_ALPN	 "protostar/1"

#define FRAME_HEADER_LEN 6u	 /* u32 length, u8 type, u8 version */
#define FRAME_MAX	 262144u /* bytes, the length field itself not counted */

/*
 * Sizes in bytes. Of the event log: EDK2's firmware keeps up to 64 KiB before ExitBootServices and
 * as much behind it; a dbx of 32 KiB is one event, and each event has a digest of every bank.
 */
#define NONCE_LEN	     32u
#define DISK_ID_LEN	     16u
#define HEADER_MAC_LEN	     32u
#define DISK_KEY_LEN	     32u
#define BINDER_LEN	     32u
#define RD_LEN		     32u
#define KEM_PUB_LEN	     65u   /* uncompressed P-256 point */
#define MLKEM_PUB_LEN	     1184u /* encapsulation key of ML-KEM-768 (FIPS 203) */
#define SPKI_MAX	     128u
#define TPM_PUB_MAX	     1024u /* TPMT_PUBLIC */
#define TPM_NAME_MAX	     68u
#define ATTEST_MAX	     1024u   /* TPMS_ATTEST */
#define SIGNATURE_MAX	     1024u   /* TPMT_SIGNATURE */
#define EVENT_LOG_MAX	     131072u /* TCG2 binary log */
#define PCR_VALUES_MAX	     1536u   /* 24 PCRs of at most 64 bytes */
#define CERTIFICATE_MAX	     4096u   /* one X.509 certificate in DER */
#define CERTIFICATES_MAX     6u	     /* of one TPM: its keys' and their issuers' */
#define SNP_REPORT_LEN	     1184u   /* ATTESTATION_REPORT */
#define SNP_TABLE_MAX	     32768u  /* certificates as the host gives them */
#define SVSM_MANIFEST_MAX    4096u
#define TDX_QUOTE_MAX	     16384u
#define HCL_REPORT_MAX	     4096u
#define SERVICE_EVIDENCE_MAX 4096u
#define CLAIMS_MAX	     4096u
#define VERSION_TEXT_MAX     64u
#define CREDENTIAL_MAX	     512u /* TPM2B_ID_OBJECT's contents */
#define ENCRYPTED_SECRET_MAX 512u /* TPM2B_ENCRYPTED_SECRET's contents */
#define ROLE_TEXT_MAX	     64u
#define JOIN_MATERIAL_MAX    65536u
#define WRAPPED_MAX	     (JOIN_MATERIAL_MAX + 1536u)
#define DENY_TEXT_MAX	     256u
#define DENY_CODE_MIN	     600u
#define DENY_CODE_MAX	     649u

enum message_type {
	MSG_HELLO = 1,	   /* service -> node */
	MSG_EVIDENCE = 2,  /* node -> service */
	MSG_CHALLENGE = 3, /* service -> node: credential activation */
	MSG_PROOF = 4,	   /* node -> service */
	MSG_GRANT = 5,	   /* service -> node */
	MSG_DENY = 6,	   /* service -> node, ends the connection */
	MSG_COMMIT = 7,	   /* node -> service */
	MSG_ACK = 8,	   /* service -> node */
	MSG_ABORT = 9,	   /* node -> service, ends the connection */
};

enum attester_role { ROLE_NODE = 1, ROLE_SERVICE = 2 };
/* What an exchange is for. The last two are an operator's, over a connection that he opened. */
enum join_purpose {
	PURPOSE_JOIN = 1,
	PURPOSE_RECOVER = 2,
	PURPOSE_VERIFY = 3, /* of statements alone (section 12): no service serves it */
	PURPOSE_INIT = 4,
};
/* The kinds of evidence; each has a struct below. */
enum evidence_type {
	EVIDENCE_TPM2 = 1, /* quote of a TPM */
	EVIDENCE_SNP = 2,  /* SEV-SNP report */
	EVIDENCE_TDX = 3,  /* TDX quote */
	EVIDENCE_HCL = 4,  /* the report of Azure's paravisor about its TPM */
	EVIDENCE_SVSM = 5, /* SEV-SNP report about the TPM of an SVSM */
};
#define EVIDENCE_TYPES	   5u
#define EVIDENCE_ITEMS_MAX 4u /* in one message */
enum grant_action {
	ACTION_FORMAT = 1, /* the disk must be blank */
	ACTION_OPEN = 2,
	ACTION_OVERWRITE = 3, /* format, whatever is on the disk */
};
/* Bytes of the longest item of any kind: type 1. */
#define EVIDENCE_ITEM_MAX                                                             \
	(4u * 4u + ATTEST_MAX + SIGNATURE_MAX + PCR_VALUES_MAX + EVENT_LOG_MAX + 1u + \
		CERTIFICATES_MAX * (4u + CERTIFICATE_MAX))

/* What the node sees in the first HEADER_LEN bytes of its disk. */
enum disk_contents { DISK_BLANK = 1, DISK_NOT_BLANK = 2 };

struct msg_hello {
	uint8_t nonce_v[NONCE_LEN];
	uint64_t server_time_s; /* seconds since 1970; informational, never trusted */
	uint32_t policy_epoch;
	uint16_t bank;	   /* TPM_ALG_ID of the bank to quote: 0x000B SHA-256, 0x000C SHA-384 */
	uint32_t pcr_mask; /* bit n: PCR n, n < 24; not zero */
	uint32_t evidence_types; /* bit (evidence_type - 1); not zero, unknown bits are ignored */
	uint8_t purpose;	 /* enum join_purpose: the one that is served here */
};

struct msg_claims {
	struct span version;	      /* printable ASCII, 1..VERSION_TEXT_MAX */
	uint8_t disk_id[DISK_ID_LEN]; /* not all zero */
	uint8_t contents;	      /* enum disk_contents */
	struct span ak_pub;	      /* TPMT_PUBLIC; empty without a TPM */
	struct span ek_pub;	      /* TPMT_PUBLIC; empty without an EK to activate with */
	uint8_t kem_pub[KEM_PUB_LEN]; /* key that the service wraps to */
	struct span mlkem_pub;	      /* its other half, MLKEM_PUB_LEN bytes; empty without */
};

struct msg_evidence {
	uint8_t purpose; /* enum join_purpose */
	uint8_t nonce_a[NONCE_LEN];
	uint8_t wants_service; /* 1: the GRANT has to bring the service's own evidence; else 0 */
	struct span claims;    /* encoded msg_claims: the exact bytes that are signed */
	/* At type - 1 the encoded evidence of that kind; empty: none. One at least is not empty. */
	struct span items[EVIDENCE_TYPES];
};

struct evidence_tpm2 {
	struct span attest;
	struct span signature;
	struct span pcr_values; /* the PCRs of the mask, ascending, digest after digest */
	struct span event_log;	/* may be empty */
	/* In any order; those of EK and AK are known by their public keys. */
	struct span certificates[CERTIFICATES_MAX];
	size_t certificate_count;
};

struct evidence_snp {
	struct span report; /* SNP_REPORT_LEN bytes */
	struct span table;  /* the host's certificates for it, as a table of GUIDs; may be empty */
};

struct evidence_tdx {
	struct span quote;
};

struct evidence_hcl {
	struct span report;
	struct span td_quote; /* empty unless the report holds a TDREPORT */
};

struct evidence_svsm {
	struct span report; /* SNP_REPORT_LEN bytes */
	struct span table;  /* may be empty */
	struct span manifest;
};

/* A service's own quote, with the AK that made it (role 2 of PROTOCOL.md section 6). */
struct service_evidence {
	struct span ak_pub;
	struct span attest;
	struct span signature;
	struct span pcr_values;
};

struct msg_challenge {
	struct span credential;
	struct span encrypted_secret;
};

struct msg_proof {
	struct span secret; /* 1..32 bytes */
};

struct msg_grant {
	uint8_t action; /* enum grant_action */
	uint32_t key_version;
	uint64_t generation; /* commits so far; not 0 with ACTION_OPEN, never UINT64_MAX */
	uint8_t header_mac[HEADER_MAC_LEN]; /* expected with ACTION_OPEN, else zeros */
	/* The version that the disk shall have from now on, above key_version; 0: it stays. */
	uint32_t next_version;
	uint8_t next_header_mac[HEADER_MAC_LEN]; /* of a change that was begun before, else zeros */
	uint32_t policy_epoch;
	struct span role; /* printable ASCII, may be empty; policy's word, not the node's */
	struct span service_evidence; /* encoded; empty unless the node wants it */
	struct span wrapped;	      /* sealed struct grant_secrets */
};

/* What is sealed inside msg_grant.wrapped. */
struct grant_secrets {
	uint8_t disk_key[DISK_KEY_LEN];
	bool has_next; /* as next_version of the grant */
	uint8_t next_key[DISK_KEY_LEN];
	struct span join_material; /* opaque to protostar, may be empty */
};

struct msg_deny {
	uint16_t code;		 /* DENY_CODE_MIN..DENY_CODE_MAX */
	uint32_t retry_after_ms; /* 0: do not try again */
	struct span text;	 /* printable ASCII for a person, may be empty */
};

struct msg_commit {
	uint8_t action;	      /* as granted */
	uint64_t generation;  /* granted + 1 */
	uint32_t key_version; /* under which the disk was opened or made */
	uint8_t header_mac[HEADER_MAC_LEN];
	/* The header that the node is about to write for a new version; 0 and zeros: none. */
	uint32_t next_version;
	uint8_t next_header_mac[HEADER_MAC_LEN];
};

struct msg_ack {
	struct span certificate; /* X.509 in DER for the node's AK; may be empty */
};

struct msg_abort {
	uint16_t code; /* the node's own error code, for the audit record; not zero */
};

/*
 * Reads a frame's first FRAME_HEADER_LEN bytes. False: wrong version, unknown type, or a length
 * outside 2..FRAME_MAX. *out_body_len is the number of body bytes that follow.
 */
bool frame_header(const uint8_t header[FRAME_HEADER_LEN], uint8_t *out_type, size_t *out_body_len);

/* Each writes one whole frame at the writer's position; look at w->failed afterwards. */
void message_put_hello(struct wire_writer *w, const struct msg_hello *m);
void message_put_evidence(struct wire_writer *w, const struct msg_evidence *m);
void message_put_challenge(struct wire_writer *w, const struct msg_challenge *m);
void message_put_proof(struct wire_writer *w, const struct msg_proof *m);
void message_put_grant(struct wire_writer *w, const struct msg_grant *m);
void message_put_deny(struct wire_writer *w, const struct msg_deny *m);
void message_put_commit(struct wire_writer *w, const struct msg_commit *m);
void message_put_ack(struct wire_writer *w, const struct msg_ack *m);
void message_put_abort(struct wire_writer *w, const struct msg_abort *m);

/* Each decodes one body; false when a single bit of it is not as specified. */
bool message_get_hello(struct span body, struct msg_hello *out);
bool message_get_evidence(struct span body, struct msg_evidence *out);
bool message_get_challenge(struct span body, struct msg_challenge *out);
bool message_get_proof(struct span body, struct msg_proof *out);
bool message_get_grant(struct span body, struct msg_grant *out);
bool message_get_deny(struct span body, struct msg_deny *out);
bool message_get_commit(struct span body, struct msg_commit *out);
bool message_get_ack(struct span body, struct msg_ack *out);
bool message_get_abort(struct span body, struct msg_abort *out);

/* Parts that are encoded on their own: no frame around them. */
void claims_put(struct wire_writer *w, const struct msg_claims *m);
bool claims_get(struct span body, struct msg_claims *out);
/*
 * The list of items, as EVIDENCE and the statements of running nodes have it: a count, then types
 * rising, so that none comes twice. How many there may be is the message's own rule.
 */
void evidence_items_put(struct wire_writer *w, const struct span items[EVIDENCE_TYPES]);
void evidence_items_get(struct cursor *r, struct span items[EVIDENCE_TYPES]);
void evidence_tpm2_put(struct wire_writer *w, const struct evidence_tpm2 *m);
bool evidence_tpm2_get(struct span item, struct evidence_tpm2 *out);
void evidence_snp_put(struct wire_writer *w, const struct evidence_snp *m);
bool evidence_snp_get(struct span item, struct evidence_snp *out);
void evidence_tdx_put(struct wire_writer *w, const struct evidence_tdx *m);
bool evidence_tdx_get(struct span item, struct evidence_tdx *out);
void evidence_hcl_put(struct wire_writer *w, const struct evidence_hcl *m);
bool evidence_hcl_get(struct span item, struct evidence_hcl *out);
void evidence_svsm_put(struct wire_writer *w, const struct evidence_svsm *m);
bool evidence_svsm_get(struct span item, struct evidence_svsm *out);
void service_evidence_put(struct wire_writer *w, const struct service_evidence *m);
bool service_evidence_get(struct span item, struct service_evidence *out);
void grant_secrets_put(struct wire_writer *w, const struct grant_secrets *m);
bool grant_secrets_get(struct span body, struct grant_secrets *out);

/*
 * The bytes whose SHA-256 the evidence signs (PROTOCOL.md, "What the evidence signs"). Written to
 * w, which needs RD_INPUT_MAX bytes.
 */
#define RD_INPUT_MAX \
	(16u + 2u + 2u * (4u + SPKI_MAX) + BINDER_LEN + 2u * NONCE_LEN + 4u + CLAIMS_MAX)

struct rd_input {
	uint8_t role;	 /* enum attester_role of the one who signs */
	uint8_t purpose; /* enum join_purpose */
	struct span spki_self;
	struct span spki_peer;
	const uint8_t *binder;	/* BINDER_LEN bytes */
	const uint8_t *nonce_v; /* NONCE_LEN bytes, from the verifier */
	const uint8_t *nonce_a; /* NONCE_LEN bytes, from the attester */
	struct span claims;
};
void rd_input_put(struct wire_writer *w, const struct rd_input *in);

/*
 * The additional data under which the grant's secrets are sealed: everything in the grant before
 * the sealed field. Written to w, which needs GRANT_AAD_MAX bytes.
 */
#define GRANT_AAD_MAX (320u + SERVICE_EVIDENCE_MAX)
void grant_aad_put(struct wire_writer *w, const struct msg_grant *m);

#endif
