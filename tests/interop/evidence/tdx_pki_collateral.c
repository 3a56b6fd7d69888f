/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel's collateral: TCB info, the quoting enclave's identity, and everything in files. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/interop/evidence/tdx_pki_private.h"
#include "tools/lib/hex.h"

#define DAY_S	 86400
#define TEXT_CAP 16384u
#define ZEROS_48 "000000000000000000000000000000000000000000000000"

static const char qe_mrsigner[] =
	"DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5";
#define MODULE                                                                        \
	"\"mrsigner\":\"" ZEROS_48 ZEROS_48 "\",\"attributes\":\"0000000000000000\"," \
	"\"attributesMask\":\"FFFFFFFFFFFFFFFF\""

struct tdx_collateral_spec tdx_collateral_spec(int64_t now_s)
{
	return (struct tdx_collateral_spec){
		.issued_s = now_s - DAY_S,
		.next_s = now_s + 29 * DAY_S,
		.evaluation = 18,
	};
}

/* "issueDate", "nextUpdate" and "tcbEvaluationDataNumber". */
static void issue_text(const struct tdx_collateral_spec *c, char out[160])
{
	time_t issued = (time_t)c->issued_s, next = (time_t)c->next_s;
	char from[32], until[32];
	struct tm t;

	strftime(from, sizeof(from), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&issued, &t));
	strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&next, &t));
	snprintf(out, 160,
		"\"issueDate\":\"%s\",\"nextUpdate\":\"%s\",\"tcbEvaluationDataNumber\":%u", from,
		until, c->evaluation);
}

static size_t components(char *out, size_t cap, const char *name, const unsigned svns[TDX_SVNS])
{
	size_t at = (size_t)snprintf(out, cap, "\"%s\":[", name);

	for (size_t i = 0; i < TDX_SVNS; i++)
		at += (size_t)snprintf(out + at, cap - at, "%s{\"svn\":%u}", i ? "," : "", svns[i]);
	return at + (size_t)snprintf(out + at, cap - at, "]");
}

void tdx_pki_level(const struct tdx_pki *p, int higher, unsigned tdx0, const char *status,
	const char *advisories, char out[TDX_LEVEL_TEXT_MAX])
{
	unsigned sgx[TDX_SVNS], tdx[TDX_SVNS] = {tdx0, 0, 2};
	size_t at;

	for (size_t i = 0; i < TDX_SVNS; i++)
		sgx[i] = p->spec.svn[i];
	sgx[0] += (unsigned)higher;
	at = (size_t)snprintf(out, TDX_LEVEL_TEXT_MAX, "{\"tcb\":{");
	at += components(out + at, TDX_LEVEL_TEXT_MAX - at, "sgxtcbcomponents", sgx);
	at += (size_t)snprintf(
		out + at, TDX_LEVEL_TEXT_MAX - at, ",\"pcesvn\":%u,", p->spec.pcesvn);
	at += components(out + at, TDX_LEVEL_TEXT_MAX - at, "tdxtcbcomponents", tdx);
	snprintf(out + at, TDX_LEVEL_TEXT_MAX - at,
		"},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"%s\",\"advisoryIDs\":%s}",
		status, advisories);
}

void tdx_pki_tcb_info(
	const struct tdx_pki *p, const struct tdx_collateral_spec *c, char *out, size_t cap)
{
	char issue[160], level[TDX_LEVEL_TEXT_MAX], fmspc[2 * TDX_FMSPC_LEN + 1], pceid[5];
	const char *modules = c->module_identities;

	if (!modules)
		modules = "{\"id\":\"TDX_01\"," MODULE ",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":5},"
			  "\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}]}";
	tdx_pki_level(p, 0, 5, "UpToDate", "[]", level);
	issue_text(c, issue);
	hex_encode(p->spec.fmspc, TDX_FMSPC_LEN, fmspc);
	hex_encode(p->spec.pceid, 2, pceid);
	snprintf(out, cap,
		"{\"id\":\"TDX\",\"version\":3,%s,\"fmspc\":\"%s\",\"pceId\":\"%s\","
		"\"tcbType\":0,\"tdxModule\":{" MODULE "},\"tdxModuleIdentities\":[%s],"
		"\"tcbLevels\":[%s]}",
		issue, fmspc, pceid, modules, c->tcb_levels ? c->tcb_levels : level);
}

void tdx_pki_qe_identity(const struct tdx_collateral_spec *c, char *out, size_t cap)
{
	const char *levels = c->qe_levels;
	char issue[160];

	if (!levels)
		levels = "{\"tcb\":{\"isvsvn\":6},\"tcbDate\":\"2024-03-13T00:00:00Z\","
			 "\"tcbStatus\":\"UpToDate\"}";
	issue_text(c, issue);
	snprintf(out, cap,
		"{\"id\":\"TD_QE\",\"version\":2,%s,\"miscselect\":\"00000000\","
		"\"miscselectMask\":\"FFFFFFFF\","
		"\"attributes\":\"11000000000000000000000000000000\","
		"\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":\"%s\","
		"\"isvprodid\":2,\"tcbLevels\":[%s]}",
		issue, c->qe_mrsigner ? c->qe_mrsigner : qe_mrsigner, levels);
}

void tdx_pki_write_signed(EVP_PKEY *key, const char *member, const char *object, const char *path)
{
	uint8_t signature[TDX_POINT_LEN];
	char text[2 * TDX_POINT_LEN + 1];
	FILE *f = fopen(path, "we");

	tdx_pki_sign(key, (const uint8_t *)object, strlen(object), signature);
	hex_encode(signature, sizeof(signature), text);
	tdx_pki_must(
		f && fprintf(f, "{\"%s\":%s,\"signature\":\"%s\"}", member, object, text) > 0 &&
			fclose(f) == 0,
		path);
}

static const char *in(const char *folder, const char *name, char path[512])
{
	snprintf(path, 512, "%s/%s", folder, name);
	return path;
}

void tdx_pki_write_all(
	const struct tdx_pki *p, const struct tdx_collateral_spec *c, const char *folder)
{
	X509 *const signing[] = {p->signer, p->root};
	char text[TEXT_CAP], path[512];

	tdx_pki_write_certs(in(folder, "root.pem", path), &p->root, 1);
	tdx_pki_write_certs(in(folder, "signing.pem", path), signing, 2);
	tdx_pki_tcb_info(p, c, text, sizeof(text));
	tdx_pki_write_signed(p->signer_key, "tcbInfo", text, in(folder, "tcb-info.json", path));
	tdx_pki_qe_identity(c, text, sizeof(text));
	tdx_pki_write_signed(
		p->signer_key, "enclaveIdentity", text, in(folder, "qe-identity.json", path));
	tdx_pki_write_crl(c, p->root, p->root_key, in(folder, "root.crl", path));
	tdx_pki_write_crl(c, p->ca, p->ca_key, in(folder, "pck.crl", path));
}
