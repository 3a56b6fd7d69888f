/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conceptual messages, wrapped (CMW, RFC 9999): evidence, results and the like, each with its type,
 * so that a carrier need not know them. A record is one message; a collection has several, each
 * under a label. Read in JSON, in CBOR (also as a tag), and out of a certificate's extension.
 *
 * The reader is bounded: CMW_ITEMS_MAX records and collections, CMW_DEPTH_MAX of them in each
 * other, texts of CMW_TEXT_MAX. In CBOR, lengths are definite and each number has its shortest
 * form, so that no message has two spellings. Nothing is said twice: no two labels are the same.
 */
#ifndef TOOLS_EVIDENCE_EAR_CMW_H
#define TOOLS_EVIDENCE_EAR_CMW_H

#include "early/contract/wire.h"
#include "tools/lib/bytes.h"
#include "tools/lib/failure.h"

#define CMW_MAX	      (1u << 20) /* bytes of a message, wrapped */
#define CMW_ITEMS_MAX 32u
#define CMW_DEPTH_MAX 4u
#define CMW_TEXT_MAX  128u /* bytes of a label or a media type, with the NUL */

/* What a record is (RFC 9999 section 3.1); none: 0. */
#define CMW_REFERENCE_VALUES 1u
#define CMW_ENDORSEMENTS     2u
#define CMW_EVIDENCE	     4u
#define CMW_RESULTS	     8u
#define CMW_POLICY	     16u

enum cmw_form {
	CMW_COLLECTION,
	CMW_MEDIA_TYPE, /* a record with a media type */
	CMW_CONTENT,	/* a record with the number of a CoAP content format */
	CMW_TAG,	/* a record as a CBOR tag */
};

struct cmw_item {
	enum cmw_form form;
	int parent; /* index of the collection that it is in; -1: it is the outermost */
	bool numbered;
	int64_t label_number;	       /* numbered: the label */
	char label[CMW_TEXT_MAX];      /* otherwise; empty for the outermost */
	char media_type[CMW_TEXT_MAX]; /* of CMW_MEDIA_TYPE; of a collection its own, or empty */
	uint64_t type_number;	       /* of CMW_CONTENT and CMW_TAG */
	uint32_t indicator;	       /* CMW_EVIDENCE and so on, or'ed */
	struct span value;	       /* in struct cmw's store */
};

/* Parents come before what is in them. Free it with cmw_free(). */
struct cmw {
	struct cmw_item items[CMW_ITEMS_MAX];
	size_t count;
	uint8_t *store; /* the values */
	size_t store_len;
};

/* On failure nothing is left to be freed. */
struct failure cmw_read_json(struct span text, struct cmw *out) MUST_CHECK;
struct failure cmw_read_cbor(struct span bytes, struct cmw *out) MUST_CHECK;
/*
 * The value of a certificate's extension CMW_EXTENSION: DER of an OCTET STRING (CBOR in it) or of a
 * UTF8String (JSON in it).
 */
#define CMW_EXTENSION "1.3.6.1.5.5.7.1.35"
struct failure cmw_read_extension(struct span der, struct cmw *out) MUST_CHECK;
void cmw_free(struct cmw *c);

/* Appends a record in JSON, and a line's end. */
void cmw_write_json(
	const char *media_type, struct span value, uint32_t indicator, struct bytes *out);

#endif
