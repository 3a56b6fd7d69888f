/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/serve/machine.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tss2/tss2_mu.h>
#include <unistd.h>

static void must(TSS2_RC rc, const char *what)
{
	if (!rc)
		return;
	fprintf(stderr, "%s: the TPM said 0x%x\n", what, rc);
	exit(1);
}

static void spawn_swtpm(
	struct machine *m, const char *state, const char *server, const char *ctrl, const char *log)
{
	m->swtpm = fork();
	if (m->swtpm)
		return;
	/* It ends with the test, whatever ends that. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || !freopen(log, "w", stderr))
		_exit(127);
	execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server", server,
		"--ctrl", ctrl, "--flags", "not-need-init,startup-clear", (char *)NULL);
	_exit(127);
}

static void template_of(enum machine_ek kind, uint8_t n, TPM2B_PUBLIC *out)
{
	/* Of H-3: PolicySecret, or what an index of the owner's says. */
	static const uint8_t either[48] = {0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53,
		0xd8, 0x82, 0xbc, 0xf5, 0xfd, 0x3a, 0x1a, 0x07, 0x41, 0x48, 0xbb, 0x35, 0xd3, 0xb4,
		0xe4, 0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4, 0x19, 0xca, 0xcb, 0x47, 0xba, 0x09, 0x69,
		0x96, 0x46, 0x15, 0x0f, 0x9f, 0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12};
	TPMT_PUBLIC *p = &out->publicArea;

	*out = template_ek;
	if (kind == MACHINE_EK_RSA2048) {
		p->type = TPM2_ALG_RSA;
		p->parameters.rsaDetail = (TPMS_RSA_PARMS){
			.symmetric = template_ek.publicArea.parameters.eccDetail.symmetric,
			.scheme.scheme = TPM2_ALG_NULL,
			.keyBits = 2048};
		p->unique.rsa = (TPM2B_PUBLIC_KEY_RSA){.size = 256, .buffer = {n}};
	} else if (kind == MACHINE_EK_P384) {
		p->nameAlg = TPM2_ALG_SHA384;
		p->objectAttributes |= TPMA_OBJECT_USERWITHAUTH;
		p->authPolicy.size = sizeof(either);
		memcpy(p->authPolicy.buffer, either, sizeof(either));
		p->parameters.eccDetail.symmetric.keyBits.aes = 256;
		p->parameters.eccDetail.curveID = TPM2_ECC_NIST_P384;
		p->unique.ecc = (TPMS_ECC_POINT){.x = {.size = n > 0, .buffer = {n}}};
	} else {
		p->unique.ecc.x.buffer[0] = n;
	}
}

void machine_use_ek(struct machine *m, enum machine_ek kind, uint8_t n)
{
	TPM2B_PUBLIC template, *public;
	size_t len = 0;

	if (m->ek != ESYS_TR_NONE)
		must(Esys_FlushContext(m->rig.esys, m->ek), "EK");
	template_of(kind, n, &template);
	must(rig_primary(&m->rig, ESYS_TR_RH_ENDORSEMENT, &template, &m->ek, &public), "EK");
	must(Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, m->ek_pub, TPM_PUB_MAX, &len), "EK");
	m->ek_pub_len = len;
	m->ek_by_password = kind == MACHINE_EK_P384;
	Esys_Free(public);
}

void machine_start(struct machine *m, const char *folder, const char *name)
{
	char base[128], state[192], server[192], ctrl[192], log[192], socket_path[160];

	memset(m, 0, sizeof(*m));
	m->ek = m->ak = ESYS_TR_NONE;
	snprintf(base, sizeof(base), "%s/%s", folder, name);
	snprintf(state, sizeof(state), "dir=%s", base);
	snprintf(server, sizeof(server), "type=unixio,path=%s/tpm", base);
	snprintf(ctrl, sizeof(ctrl), "type=unixio,path=%s/tpm.ctrl", base);
	snprintf(log, sizeof(log), "%s/log", base);
	snprintf(socket_path, sizeof(socket_path), "%s/tpm", base);
	if (mkdir(base, 0700)) {
		perror(base);
		exit(1);
	}
	spawn_swtpm(m, state, server, ctrl, log);
	if (!rig_open(&m->rig, socket_path))
		exit(1);
	machine_use_ek(m, MACHINE_EK_P256, 0);
	machine_new_ak(m, 0);
}

void machine_stop(struct machine *m)
{
	rig_close(&m->rig);
	kill(m->swtpm, SIGTERM);
	waitpid(m->swtpm, NULL, 0);
}

static void make_ak(struct machine *m, const TPM2B_PUBLIC *template)
{
	TPM2B_PUBLIC *public;
	size_t len = 0;

	if (m->ak != ESYS_TR_NONE)
		must(Esys_FlushContext(m->rig.esys, m->ak), "AK");
	must(rig_primary(&m->rig, ESYS_TR_RH_ENDORSEMENT, template, &m->ak, &public), "AK");
	must(Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, m->ak_pub, TPM_PUB_MAX, &len), "AK");
	m->ak_pub_len = len;
	Esys_Free(public);
}

void machine_new_ak(struct machine *m, uint8_t n)
{
	TPM2B_PUBLIC template = template_ak;

	/* Number 0 is PID 1's own template. */
	template.publicArea.unique.ecc.x.size = n ? 1 : 0;
	template.publicArea.unique.ecc.x.buffer[0] = n;
	make_ak(m, &template);
}

void machine_rsa_ak(struct machine *m)
{
	TPM2B_PUBLIC template = {
		.publicArea = {
			.type = TPM2_ALG_RSA,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = template_ak.publicArea.objectAttributes,
			.parameters.rsaDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
				.scheme = {.scheme = TPM2_ALG_RSASSA,
					.details.rsassa.hashAlg = TPM2_ALG_SHA256},
				.keyBits = 2048},
		}};

	make_ak(m, &template);
	m->ek_pub_len = 0;
}

void machine_extend(struct machine *m, unsigned pcr, uint8_t fill)
{
	uint8_t digest[32];

	memset(digest, fill, sizeof(digest));
	machine_extend_digest(m, pcr, digest);
}

void machine_extend_digest(struct machine *m, unsigned pcr, const uint8_t digest[32])
{
	TPML_DIGEST_VALUES digests = {.count = 1, .digests[0].hashAlg = TPM2_ALG_SHA256};

	memcpy(digests.digests[0].digest.sha256, digest, 32);
	must(Esys_PCR_Extend(m->rig.esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
		     ESYS_TR_NONE, &digests),
		"extend");
}

static TPML_PCR_SELECTION selection(uint16_t bank, uint32_t mask)
{
	return (TPML_PCR_SELECTION){.count = 1,
		.pcrSelections[0] = {.hash = bank,
			.sizeofSelect = 3,
			.pcrSelect = {(uint8_t)mask, (uint8_t)(mask >> 8), (uint8_t)(mask >> 16)}}};
}

/* One PCR at a time, so that no limit on the TPM's answer matters. */
static size_t read_pcr(struct machine *m, uint16_t bank, unsigned pcr, uint8_t *out)
{
	const TPML_PCR_SELECTION wanted = selection(bank, 1u << pcr);
	TPML_DIGEST *values;
	size_t len;

	must(Esys_PCR_Read(m->rig.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &wanted, NULL,
		     NULL, &values),
		"read");
	len = values->digests[0].size;
	memcpy(out, values->digests[0].buffer, len);
	Esys_Free(values);
	return len;
}

void machine_pcr(struct machine *m, unsigned pcr, uint8_t out[32])
{
	read_pcr(m, TPM2_ALG_SHA256, pcr, out);
}

void machine_quote(struct machine *m, const uint8_t rd[RD_LEN], uint16_t bank, uint32_t mask,
	struct quoted *out)
{
	const TPML_PCR_SELECTION wanted = selection(bank, mask);
	const TPMT_SIG_SCHEME own_scheme = {.scheme = TPM2_ALG_NULL};
	TPM2B_DATA qualifying = {.size = RD_LEN};
	TPM2B_ATTEST *attest;
	TPMT_SIGNATURE *signature;

	memset(out, 0, sizeof(*out));
	memcpy(qualifying.buffer, rd, RD_LEN);
	must(Esys_Quote(m->rig.esys, m->ak, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
		     &qualifying, &own_scheme, &wanted, &attest, &signature),
		"quote");
	memcpy(out->attest, attest->attestationData, attest->size);
	out->attest_len = attest->size;
	must(Tss2_MU_TPMT_SIGNATURE_Marshal(
		     signature, out->signature, SIGNATURE_MAX, &out->signature_len),
		"signature");
	Esys_Free(attest);
	Esys_Free(signature);
	for (unsigned pcr = 0; pcr < 24; pcr++)
		if (mask >> pcr & 1u)
			out->pcr_values_len += read_pcr(
				m, bank, pcr, out->pcr_values + out->pcr_values_len);
}

bool machine_activate(struct machine *m, struct span credential, struct span encrypted,
	uint8_t out[64], size_t *out_len)
{
	TPM2B_ID_OBJECT blob = {.size = (uint16_t)credential.len};
	TPM2B_ENCRYPTED_SECRET secret = {.size = (uint16_t)encrypted.len};
	TPM2B_DIGEST *opened;
	ESYS_TR session = ESYS_TR_PASSWORD;
	TSS2_RC rc;

	memcpy(blob.credential, credential.data, credential.len);
	memcpy(secret.secret, encrypted.data, encrypted.len);
	if (!m->ek_by_password)
		must(rig_ek_policy(&m->rig, &session), "policy session");
	rc = Esys_ActivateCredential(m->rig.esys, m->ak, m->ek, ESYS_TR_PASSWORD, session,
		ESYS_TR_NONE, &blob, &secret, &opened);
	if (!m->ek_by_password)
		must(Esys_FlushContext(m->rig.esys, session), "policy session");
	if (rc)
		return false;
	memcpy(out, opened->buffer, opened->size);
	*out_len = opened->size;
	Esys_Free(opened);
	return true;
}
