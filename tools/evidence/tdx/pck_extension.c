/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SGX extension: SEQUENCE of SEQUENCE { OID, value }, one of them of that shape once more. */
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/evidence/tdx/pck.h"

#define SGX_OID	  "1.2.840.113741.1.13.1."
#define OID_MAX	  64u
#define VALUE_MAX 4096u
#define FIELD_TCB 2
#define PCESVN	  17 /* of the TCB's fields; those before it are the components */

/* Which fields were there: bit n: field n of the sequence. */
struct seen {
	uint32_t top, tcb;
};

/* Takes one field, by the last number of its OID. */
typedef struct failure (*take_field)(
	struct tdx_pck *p, struct seen *seen, int number, const ASN1_TYPE *value);

/* The number behind "prefix" in the OID's text; -1 for an OID that is none of these. */
static int number_of(const ASN1_OBJECT *object, const char *prefix)
{
	char text[OID_MAX], *end;
	int len = OBJ_obj2txt(text, sizeof(text), object, 1);
	long number;

	if (len <= 0 || (size_t)len >= sizeof(text) || strncmp(text, prefix, strlen(prefix)) != 0)
		return -1;
	number = strtol(text + strlen(prefix), &end, 10);
	return *end || number < 0 || number > 31 ? -1 : (int)number;
}

static struct failure each_field(const uint8_t *der, size_t len, const char *prefix,
	take_field take, struct tdx_pck *p, struct seen *seen);

static struct failure one_field(const ASN1_TYPE *item, const char *prefix, take_field take,
	struct tdx_pck *p, struct seen *seen)
{
	ASN1_SEQUENCE_ANY *pair = NULL;
	const unsigned char *at;
	struct failure f = refuse("a field of the SGX extension is no pair of OID and value");
	const ASN1_TYPE *oid;
	int number;

	if (ASN1_TYPE_get(item) != V_ASN1_SEQUENCE)
		return f;
	at = ASN1_STRING_get0_data(item->value.sequence);
	pair = d2i_ASN1_SEQUENCE_ANY(NULL, &at, ASN1_STRING_length(item->value.sequence));
	oid = pair && sk_ASN1_TYPE_num(pair) == 2 ? sk_ASN1_TYPE_value(pair, 0) : NULL;
	if (oid && ASN1_TYPE_get(oid) == V_ASN1_OBJECT) {
		number = number_of(oid->value.object, prefix);
		f = number < 0 ? failure_none()
			       : take(p, seen, number, sk_ASN1_TYPE_value(pair, 1));
	}
	sk_ASN1_TYPE_pop_free(pair, ASN1_TYPE_free);
	return f;
}

static struct failure each_field(const uint8_t *der, size_t len, const char *prefix,
	take_field take, struct tdx_pck *p, struct seen *seen)
{
	const unsigned char *at = der;
	ASN1_SEQUENCE_ANY *list = d2i_ASN1_SEQUENCE_ANY(NULL, &at, (long)len);
	struct failure f = failure_none();

	if (!list || at != der + len)
		f = refuse("the SGX extension cannot be read to its last byte");
	for (int i = 0; !f.happened && i < sk_ASN1_TYPE_num(list); i++)
		f = one_field(sk_ASN1_TYPE_value(list, i), prefix, take, p, seen);
	sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
	return f;
}

/* A second value of one field would be read in two ways by two readers. */
static struct failure note(uint32_t *seen, int number)
{
	if (*seen & 1u << number)
		return refuse("the SGX extension has field %d twice", number);
	*seen |= 1u << number;
	return failure_none();
}

static struct failure octets(const ASN1_TYPE *value, uint8_t *out, size_t len)
{
	const ASN1_OCTET_STRING *text = ASN1_TYPE_get(value) == V_ASN1_OCTET_STRING
						? value->value.octet_string
						: NULL;

	if (!text || (size_t)ASN1_STRING_length(text) != len)
		return refuse("a field of the SGX extension is not %zu octets", len);
	memcpy(out, ASN1_STRING_get0_data(text), len);
	return failure_none();
}

static struct failure take_tcb(
	struct tdx_pck *p, struct seen *seen, int number, const ASN1_TYPE *value)
{
	uint64_t svn;

	if (number < 1 || number > PCESVN)
		return failure_none();
	TRY_FAILURE(note(&seen->tcb, number));
	if (ASN1_TYPE_get(value) != V_ASN1_INTEGER ||
		ASN1_INTEGER_get_uint64(&svn, value->value.integer) != 1 || svn > UINT16_MAX)
		return refuse("version %d of the SGX extension is no number up to %u", number,
			UINT16_MAX);
	*(number == PCESVN ? &p->pcesvn : &p->svn[number - 1]) = (uint16_t)svn;
	return failure_none();
}

static struct failure take_top(
	struct tdx_pck *p, struct seen *seen, int number, const ASN1_TYPE *value)
{
	TRY_FAILURE(note(&seen->top, number));
	switch (number) {
	case 1:
		return octets(value, p->ppid, sizeof(p->ppid));
	case FIELD_TCB:
		if (ASN1_TYPE_get(value) != V_ASN1_SEQUENCE)
			return refuse("the TCB in the SGX extension is no sequence");
		return each_field(ASN1_STRING_get0_data(value->value.sequence),
			(size_t)ASN1_STRING_length(value->value.sequence), SGX_OID "2.", take_tcb,
			p, seen);
	case 3:
		return octets(value, p->pceid, sizeof(p->pceid));
	case 4:
		return octets(value, p->fmspc, sizeof(p->fmspc));
	default:
		return failure_none();
	}
}

struct failure tdx_pck_extension_parse(struct span value, struct tdx_pck *out)
{
	const uint32_t top = 1u << 1 | 1u << FIELD_TCB | 1u << 3 | 1u << 4;
	const uint32_t tcb = (1u << (PCESVN + 1)) - 2;
	struct tdx_pck p = {0};
	struct seen seen = {0};
	struct failure f;

	if (!value.len || value.len > VALUE_MAX)
		return refuse("the PCK certificate has no SGX extension");
	f = each_field(value.data, value.len, SGX_OID, take_top, &p, &seen);
	ERR_clear_error();
	if (f.happened)
		return f;
	if ((seen.top & top) != top || seen.tcb != tcb)
		return refuse("the SGX extension lacks a field: PPID, TCB, PCEID or FMSPC");
	*out = p;
	return failure_none();
}
