/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ESAPI with our crypto callbacks against swtpm.
 *   test_tpm SOCKET DIR sessions   salted, encrypting sessions; Create, Load, Unseal
 *   test_tpm SOCKET DIR quote      a quote, checked here; DIR gets it for tpm2_checkquote
 *   test_tpm SOCKET DIR keys       DIR gets ek.pub, ak.name for tpm2_makecredential
 *   test_tpm SOCKET DIR activate   DIR/credential, and one made by ours, are activated
 */
#include <stdlib.h>
#include <tss2/tss2_mu.h>
#include "crypto/digest.h"
#include "crypto/key.h"
#include "crypto/random.h"
#include "tests/interop/tpm_rig.h"
#include "tests/unit/test.h"
#include "tools/evidence/tpm/credential.h"

static struct rig rig;
static const char *dir;

static void flush(ESYS_TR handle)
{
	CHECK(Esys_FlushContext(rig.esys, handle) == TSS2_RC_SUCCESS);
}

static FILE *open_file(const char *name, const char *mode)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, mode);
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static void write_file(const char *name, const void *data, size_t len)
{
	FILE *f = open_file(name, "wb");

	CHECK(fwrite(data, 1, len, f) == len);
	CHECK(fclose(f) == 0);
}

static size_t read_file(const char *name, void *data, size_t max)
{
	FILE *f = open_file(name, "rb");
	size_t len = fread(data, 1, max, f);

	fclose(f);
	return len;
}

/* Seals 32 bytes under parent through the session, loads and unseals them. */
static void seal_and_unseal(ESYS_TR parent, ESYS_TR session)
{
	static const TPM2B_PUBLIC sealed = {
		.publicArea = {
			.type = TPM2_ALG_KEYEDHASH,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
					    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA,
			.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
		}};
	static const TPM2B_AUTH wrong = {.size = 5, .buffer = "wrong"};
	TPM2B_SENSITIVE_CREATE secret = {
		.sensitive = {.userAuth = {.size = 4, .buffer = "auth"}, .data.size = 32}};
	TPM2B_DATA no_data = {0};
	TPML_PCR_SELECTION no_pcrs = {0};
	TPM2B_PRIVATE *private = NULL;
	TPM2B_PUBLIC *public = NULL;
	TPM2B_SENSITIVE_DATA *unsealed = NULL;
	ESYS_TR object = ESYS_TR_NONE;

	REQUIRE(!failed(random_bytes(secret.sensitive.data.buffer, 32)));
	REQUIRE(Esys_Create(rig.esys, parent, session, ESYS_TR_NONE, ESYS_TR_NONE, &secret, &sealed,
			&no_data, &no_pcrs, &private, &public, NULL, NULL,
			NULL) == TSS2_RC_SUCCESS);
	REQUIRE(Esys_Load(rig.esys, parent, session, ESYS_TR_NONE, ESYS_TR_NONE, private, public,
			&object) == TSS2_RC_SUCCESS);
	CHECK(Esys_TR_SetAuth(rig.esys, object, &wrong) == TSS2_RC_SUCCESS);
	CHECK(Esys_Unseal(rig.esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE, &unsealed) !=
		TSS2_RC_SUCCESS);
	CHECK(Esys_TR_SetAuth(rig.esys, object, &secret.sensitive.userAuth) == TSS2_RC_SUCCESS);
	REQUIRE(Esys_Unseal(rig.esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE, &unsealed) ==
		TSS2_RC_SUCCESS);
	CHECK(unsealed->size == 32);
	CHECK_BYTES(unsealed->buffer, secret.sensitive.data.buffer, 32);
	flush(object);
	Esys_Free(private);
	Esys_Free(public);
	Esys_Free(unsealed);
}

static void test_sessions(void)
{
	ESYS_TR primary, session;
	TPM2B_DIGEST *noise = NULL;

	REQUIRE(rig_primary(&rig, ESYS_TR_RH_OWNER, &template_ecc_storage, &primary, NULL) ==
		TSS2_RC_SUCCESS);
	REQUIRE(rig_session(&rig, primary, &session) == TSS2_RC_SUCCESS);
	seal_and_unseal(primary, session);
	CHECK(Esys_GetRandom(rig.esys, session, ESYS_TR_NONE, ESYS_TR_NONE, 32, &noise) ==
		TSS2_RC_SUCCESS);
	CHECK(noise && noise->size == 32);
	Esys_Free(noise);
	flush(session);
	flush(primary);
}

/* Checks the signature as the join service will, and hands everything to tpm2_checkquote. */
static void check_quote(
	const TPM2B_PUBLIC *ak, const TPM2B_ATTEST *quote, const TPMT_SIGNATURE *sig)
{
	uint8_t pub[P256_PUB_LEN] = {0x04}, digest[32], raw[P256_SIG_LEN], area[512],
		signature[256];
	const TPMS_SIGNATURE_ECC *ecc = &sig->signature.ecdsa;
	size_t area_len = 0, signature_len = 0;

	REQUIRE(ecc->signatureR.size == 32 && ecc->signatureS.size == 32);
	memcpy(pub + 1, ak->publicArea.unique.ecc.x.buffer, 32);
	memcpy(pub + 33, ak->publicArea.unique.ecc.y.buffer, 32);
	memcpy(raw, ecc->signatureR.buffer, 32);
	memcpy(raw + 32, ecc->signatureS.buffer, 32);
	sha256(quote->attestationData, quote->size, digest);
	CHECK(key_verify(pub, digest, raw));
	digest[0] ^= 1;
	CHECK(!key_verify(pub, digest, raw));
	CHECK(Tss2_MU_TPM2B_PUBLIC_Marshal(ak, area, sizeof(area), &area_len) == TSS2_RC_SUCCESS);
	CHECK(Tss2_MU_TPMT_SIGNATURE_Marshal(sig, signature, sizeof(signature), &signature_len) ==
		TSS2_RC_SUCCESS);
	write_file("ak.pub", area, area_len);
	write_file("quote.msg", quote->attestationData, quote->size);
	write_file("quote.sig", signature, signature_len);
}

static void test_quote(void)
{
	static const TPM2B_DATA qualifier = {.size = 8, .buffer = "qualify!"};
	static const TPMT_SIG_SCHEME of_key = {.scheme = TPM2_ALG_NULL};
	static const TPML_PCR_SELECTION pcrs = {.count = 1,
		.pcrSelections = {
			{.hash = TPM2_ALG_SHA256, .sizeofSelect = 3, .pcrSelect = {0x10, 0x0a}}}};
	TPM2B_PUBLIC *public = NULL;
	TPM2B_ATTEST *quote = NULL;
	TPMT_SIGNATURE *signature = NULL;
	ESYS_TR ak;

	REQUIRE(rig_primary(&rig, ESYS_TR_RH_ENDORSEMENT, &template_ak, &ak, &public) ==
		TSS2_RC_SUCCESS);
	REQUIRE(Esys_Quote(rig.esys, ak, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &qualifier,
			&of_key, &pcrs, &quote, &signature) == TSS2_RC_SUCCESS);
	check_quote(public, quote, signature);
	flush(ak);
	Esys_Free(public);
	Esys_Free(quote);
	Esys_Free(signature);
}

/* The EK, and the AK with its name; the same keys at every call, as primaries are. */
static bool make_keys(ESYS_TR *ek, TPM2B_PUBLIC **ek_public, ESYS_TR *ak, TPM2B_NAME **ak_name)
{
	return rig_primary(&rig, ESYS_TR_RH_ENDORSEMENT, &template_ek, ek, ek_public) ==
		       TSS2_RC_SUCCESS &&
	       rig_primary(&rig, ESYS_TR_RH_ENDORSEMENT, &template_ak, ak, NULL) ==
		       TSS2_RC_SUCCESS &&
	       Esys_TR_GetName(rig.esys, *ak, ak_name) == TSS2_RC_SUCCESS;
}

static void test_write_keys(void)
{
	uint8_t area[512];
	size_t len = 0;
	TPM2B_PUBLIC *ek_public = NULL;
	TPM2B_NAME *ak_name = NULL;
	ESYS_TR ek, ak;

	REQUIRE(make_keys(&ek, &ek_public, &ak, &ak_name));
	CHECK(Tss2_MU_TPM2B_PUBLIC_Marshal(ek_public, area, sizeof(area), &len) == TSS2_RC_SUCCESS);
	write_file("ek.pub", area, len);
	write_file("ak.name", ak_name->name, ak_name->size);
	flush(ek);
	flush(ak);
	Esys_Free(ek_public);
	Esys_Free(ak_name);
}

/* Whether activating the credential gives the wanted secret. */
static bool activates(ESYS_TR ek, ESYS_TR ak, const TPM2B_ID_OBJECT *blob,
	const TPM2B_ENCRYPTED_SECRET *encrypted, const uint8_t *wanted, size_t wanted_len)
{
	TPM2B_DIGEST *got = NULL;
	ESYS_TR policy, salt_key, session;
	bool same;

	if (rig_ek_policy(&rig, &policy) ||
		rig_primary(&rig, ESYS_TR_RH_OWNER, &template_ecc_storage, &salt_key, NULL) ||
		rig_session(&rig, salt_key, &session))
		return false;
	same = Esys_ActivateCredential(rig.esys, ak, ek, ESYS_TR_PASSWORD, policy, session, blob,
		       encrypted, &got) == TSS2_RC_SUCCESS &&
	       got->size == wanted_len && memcmp(got->buffer, wanted, wanted_len) == 0;
	Esys_Free(got);
	flush(session);
	flush(salt_key);
	/* A successful command ended the policy session; a failed one left it. */
	if (!same)
		flush(policy);
	return same;
}

/* tpm2-tools' format: u32 magic, u32 version, TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET. */
static void activate_theirs(ESYS_TR ek, ESYS_TR ak)
{
	uint8_t file[1024], secret[32];
	size_t len = read_file("credential", file, sizeof(file)), at = 8;
	size_t secret_len = read_file("secret", secret, sizeof(secret));
	TPM2B_ID_OBJECT blob;
	TPM2B_ENCRYPTED_SECRET encrypted;

	REQUIRE(Tss2_MU_TPM2B_ID_OBJECT_Unmarshal(file, len, &at, &blob) == TSS2_RC_SUCCESS);
	REQUIRE(Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(file, len, &at, &encrypted) ==
		TSS2_RC_SUCCESS);
	CHECK(activates(ek, ak, &blob, &encrypted, secret, secret_len));
	blob.credential[blob.size - 1] ^= 1;
	CHECK(!activates(ek, ak, &blob, &encrypted, secret, secret_len));
}

static void activate_ours(
	ESYS_TR ek, ESYS_TR ak, const TPM2B_PUBLIC *ek_public, const TPM2B_NAME *ak_name)
{
	static const uint8_t secret[32] = "thirty-two bytes of test secret";
	uint8_t area[512];
	size_t area_len = 0;
	struct tpm_credential c;
	TPM2B_ID_OBJECT blob;
	TPM2B_ENCRYPTED_SECRET encrypted;
	struct tpm_public parsed;

	REQUIRE(Tss2_MU_TPMT_PUBLIC_Marshal(
			&ek_public->publicArea, area, sizeof(area), &area_len) == TSS2_RC_SUCCESS);
	REQUIRE(tpm_ek_parse(area, area_len, &parsed) == TPM_GOOD);
	REQUIRE(ak_name->size == TPM_NAME_LEN);
	REQUIRE(tpm_make_credential(&parsed, ak_name->name, secret, sizeof(secret), &c) ==
		TPM_GOOD);
	blob.size = (UINT16)c.blob_len;
	memcpy(blob.credential, c.blob, c.blob_len);
	encrypted.size = (UINT16)c.encrypted_len;
	memcpy(encrypted.secret, c.encrypted, c.encrypted_len);
	CHECK(activates(ek, ak, &blob, &encrypted, secret, sizeof(secret)));
}

static void test_activate(void)
{
	TPM2B_PUBLIC *ek_public = NULL;
	TPM2B_NAME *ak_name = NULL;
	ESYS_TR ek, ak;

	REQUIRE(make_keys(&ek, &ek_public, &ak, &ak_name));
	activate_theirs(ek, ak);
	activate_ours(ek, ak, ek_public, ak_name);
	flush(ek);
	flush(ak);
	Esys_Free(ek_public);
	Esys_Free(ak_name);
}

int main(int argc, char **argv)
{
	if (argc != 4 || failed(secret_pool_open(65536)) || failed(random_open()))
		return 2;
	dir = argv[2];
	if (!rig_open(&rig, argv[1]))
		return 1;
	if (strcmp(argv[3], "sessions") == 0) {
		RUN(test_sessions);
	} else if (strcmp(argv[3], "quote") == 0) {
		RUN(test_quote);
	} else if (strcmp(argv[3], "keys") == 0) {
		RUN(test_write_keys);
	} else if (strcmp(argv[3], "activate") == 0) {
		RUN(test_activate);
	}
	rig_close(&rig);
	return test_summary();
}
