/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/vek.h"

#include <string.h>

#include "tools/evidence/x509/certs.h"

#define AMD	    "1.3.6.1.4.1.3704.1."
#define OID_PRODUCT AMD "2"
#define OID_HWID    AMD "4"
#define OID_CSP_ID  AMD "5"
#define OID_MAX	    sizeof(AMD "3.4294967295")

#define DER_INTEGER	 0x02u
#define DER_OCTET_STRING 0x04u
#define DER_IA5STRING	 0x16u

/* The content of a DER value of this tag and of up to 127 bytes that fills the whole extension. */
static bool der_content(struct span value, uint8_t tag, struct span *out)
{
	if (value.len < 2 || value.data[0] != tag || value.data[1] > 0x7f ||
		value.len != 2u + value.data[1])
		return false;
	*out = (struct span){value.data + 2, value.len - 2};
	return true;
}

static struct failure read_text(struct span value, char *out, size_t cap, const char *what)
{
	struct span text;

	if (!der_content(value, DER_IA5STRING, &text) || !text.len || text.len >= cap)
		return refuse("the %s of a VCEK or VLEK certificate is no text", what);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] > 0x7e)
			return refuse(
				"the %s of a VCEK or VLEK certificate is no plain text", what);
	memcpy(out, text.data, text.len);
	out[text.len] = 0;
	return failure_none();
}

/* "Milan-B0": the line, and of a VCEK the stepping. */
static struct failure read_product(const X509 *cert, enum snp_product *out)
{
	char name[32];
	struct span value;

	TRY_FAILURE(cert_extension(cert, OID_PRODUCT, &value));
	if (!value.len)
		return refuse("a certificate has no AMD product name: it is of no VCEK or VLEK");
	TRY_FAILURE(read_text(value, name, sizeof(name), "product name"));
	if (!snp_product_from_name(name, strcspn(name, "-"), out))
		return refuse("the product line \"%s\" of a certificate is not known", name);
	return failure_none();
}

/* One component's number: 0 to 255, so of a leading zero byte from 128 on. */
static struct failure read_spl(const X509 *cert, enum snp_product product, size_t i, uint8_t *out)
{
	unsigned number = snp_spl_of_byte(product, i);
	struct span value, content;
	char oid[OID_MAX];

	snprintf(oid, sizeof(oid), AMD "3.%u", number);
	TRY_FAILURE(cert_extension(cert, oid, &value));
	if (!value.len && snp_component_of_byte(product, i) == SNP_NO_COMPONENT) {
		*out = 0;
		return failure_none();
	}
	if (der_content(value, DER_INTEGER, &content)) {
		if (content.len == 1 && content.data[0] < 0x80) {
			*out = content.data[0];
			return failure_none();
		}
		if (content.len == 2 && content.data[0] == 0 && content.data[1] >= 0x80) {
			*out = content.data[1];
			return failure_none();
		}
	}
	return refuse("extension %s of a VCEK or VLEK certificate is no number from 0 to 255", oid);
}

/* The bare bytes, or an OCTET STRING of them; which one, the length says. */
static struct failure read_hwid(struct span value, struct snp_vek *v)
{
	size_t len = snp_chip_id_len(v->product);
	struct span content;

	if (value.len != len) {
		if (!der_content(value, DER_OCTET_STRING, &content) || content.len != len)
			return refuse("the hardware id of a VCEK certificate has %zu bytes; "
				      "%s has %zu",
				value.len, snp_product_name(v->product), len);
		value = content;
	}
	memcpy(v->chip_id, value.data, len);
	return failure_none();
}

struct failure snp_vek_read(const X509 *cert, struct snp_vek *out)
{
	struct snp_vek v = {0};
	struct span hwid, csp;

	TRY_FAILURE(read_product(cert, &v.product));
	for (size_t i = 0; i < SNP_TCB_LEN; i++)
		TRY_FAILURE(read_spl(cert, v.product, i, &v.tcb[i]));
	TRY_FAILURE(cert_extension(cert, OID_HWID, &hwid));
	TRY_FAILURE(cert_extension(cert, OID_CSP_ID, &csp));
	if (!hwid.len == !csp.len)
		return refuse("a certificate has both or neither of a chip's and a cloud's id: it "
			      "is of no VCEK and of no VLEK");
	if (hwid.len) {
		v.key = SNP_KEY_VCEK;
		TRY_FAILURE(read_hwid(hwid, &v));
	} else {
		v.key = SNP_KEY_VLEK;
		TRY_FAILURE(read_text(csp, v.csp_id, sizeof(v.csp_id), "cloud's id"));
	}
	*out = v;
	return failure_none();
}

static const char *key_name(enum snp_key key)
{
	return key == SNP_KEY_VCEK ? "VCEK" : "VLEK";
}

static struct failure fits_product(const struct snp_vek *v, const struct snp_report *r)
{
	enum snp_product product;

	if (!r->has_cpuid)
		return failure_none();
	if (!snp_product_from_cpuid(r->cpuid_family, r->cpuid_model, &product))
		return refuse("the SEV-SNP report is of a processor of family 0x%x, model 0x%x: no "
			      "product line that is known",
			r->cpuid_family, r->cpuid_model);
	if (product != v->product)
		return refuse("the SEV-SNP report is of a %s processor, the certificate of %s",
			snp_product_name(product), snp_product_name(v->product));
	return failure_none();
}

struct failure snp_vek_fits(const struct snp_vek *v, const struct snp_report *r)
{
	if (v->key != r->key)
		return refuse("the SEV-SNP report says that a %s signed it, and the certificate is "
			      "of a %s",
			key_name(r->key), key_name(v->key));
	TRY_FAILURE(fits_product(v, r));
	for (size_t i = 0; i < SNP_TCB_LEN; i++)
		if (v->tcb[i] != r->reported_tcb[i])
			return refuse("byte %zu of the certificate's TCB is %u, the SEV-SNP report "
				      "has %u: another certificate is needed",
				i, v->tcb[i], r->reported_tcb[i]);
	if (v->key == SNP_KEY_VCEK && memcmp(v->chip_id, r->chip_id, SNP_CHIP_ID_LEN) != 0)
		return refuse("the certificate is of another chip than the SEV-SNP report");
	return failure_none();
}
