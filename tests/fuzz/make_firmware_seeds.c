/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the corpora of the firmware fuzz targets: make_firmware_seeds FOLDER, where FOLDER holds
 * one folder for each target. The seeds are in the repository; this makes them anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/pem.h>
#include "tests/mock/image_signer.h"
#include "tests/mock/nvram_maker.h"
#include "tests/mock/uki_maker.h"
#include "tests/mock/volume_maker.h"
#include "tools/lib/file.h"
#include "tools/lib/hex.h"
#include "tools/lib/vars_store.h"

static const char *folder;

static void seed(const char *target, const char *name, const void *data, size_t len)
{
	char *path = must_format("%s/%s/%s", folder, target, name);

	if (!file_write(path, data, len))
		exit(1);
	free(path);
}

static void make_stores(void)
{
	struct bytes file = {0};

	nvram_begin(&file);
	nvram_end(&file, 256);
	seed("fuzz_vars_store", "empty", file.data, 512);
	file.len = 0;
	nvram_begin(&file);
	nvram_add(&file, EFI_GLOBAL_VARIABLE_GUID, "BootOrder", "\0\0", 2, NVRAM_IN_DELETION);
	nvram_add(&file, EFI_GLOBAL_VARIABLE_GUID, "PK", "old", 3, NVRAM_DELETED);
	nvram_add(&file, EFI_GLOBAL_VARIABLE_GUID, "BootOrder", "\0\0\1", 4, NVRAM_ADDED);
	nvram_add(&file, EFI_IMAGE_SECURITY_GUID, "db", "db", 2, NVRAM_TORN);
	nvram_end(&file, 512);
	seed("fuzz_vars_store", "states", file.data, file.len);
	bytes_free(&file);
}

/* One byte that chooses what the target does, then the bytes that it does it with. */
static void seed_volume(const char *name, uint8_t choice, const uint8_t *data, size_t len)
{
	struct bytes input = {0};

	bytes_add(&input, &choice, 1);
	bytes_add(&input, data, len);
	seed("fuzz_firmware_volume", name, input.data, input.len);
	bytes_free(&input);
}

static void make_volumes(void)
{
	struct bytes image = {0}, file = {0}, volume = {0}, packed = {0};

	section_add(&file, 0x10, "MZ", 2);
	section_add_name(&file, "DxeCore");
	volume_begin(&image, "48db5e17-707c-472d-91cd-1613e7ef51b0");
	volume_add(&image, "d6a2cb7f-6a18-4e2f-b43b-9920a733700a", 5, &file);
	volume_end(&image);
	seed_volume("image", 0, image.data, image.len);
	seed_volume("image-mended", 1, image.data, image.len);
	section_add(&volume, 0x17, image.data, image.len);
	section_add_lzma(&packed, volume.data, volume.len, 0);
	seed_volume("sections", 2, volume.data, volume.len);
	seed_volume("sections-lzma", 2, packed.data, packed.len);
	/* Behind the section's own header. */
	seed_volume("lzma", 3, packed.data + 24, packed.len - 24);
	put_le32(packed.data + 24 + 5, 0x40000000);
	seed_volume("lzma-claims-1-gib", 3, packed.data + 24, packed.len - 24);
	bytes_free(&image);
	bytes_free(&file);
	bytes_free(&volume);
	bytes_free(&packed);
}

/* The forms of files: text around the certificate, a signed update around the lists. */
static void make_forms(const struct signer *signer, const struct bytes *lists)
{
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t head[40] = {0};
	struct bytes update = {0};
	char *text;
	long len;

	PEM_write_bio_X509(bio, signer->certificate);
	len = BIO_get_mem_data(bio, &text);
	seed("fuzz_signature_list", "certificate-text", text, (size_t)len);
	put_le32(head + 16, 24);
	put_le16(head + 20, 0x0200);
	put_le16(head + 22, 0x0EF1);
	guid_parse("4aafd29d-68df-49ee-8aa9-347d375665a7", head + 24);
	bytes_add(&update, head, sizeof(head));
	bytes_add(&update, lists->data, lists->len);
	seed("fuzz_signature_list", "signed-update", update.data, update.len);
	bytes_free(&update);
	BIO_free(bio);
}

static void make_signatures(void)
{
	struct signer signer = signer_make("seed", NULL, 0);
	const struct signer *signers[] = {&signer};
	struct pe_maker maker = uki_maker_kernel();
	struct bytes lists = {0}, image = {0}, input = {0};
	uint8_t hash[48] = {1}, number[2];
	size_t len, table;
	uint8_t *pe = pe_make(&maker, &len);

	signature_list_add(&lists, LIST_X509, signer.der.data, signer.der.len);
	signature_list_add(&lists, LIST_SHA256, hash, 32);
	signature_list_add(&lists, LIST_X509_SHA256, hash, 48);
	seed("fuzz_signature_list", "lists", lists.data, lists.len);
	seed("fuzz_signature_list", "certificate", signer.der.data, signer.der.len);
	make_forms(&signer, &lists);
	bytes_add(&image, pe, len);
	image_sign(&image, signers, 1);
	table = get32(image.data + PE_AT_OPTIONAL + 112 + 4 * 8);
	put_le16(number, (uint16_t)signer.der.len);
	bytes_add(&input, number, 2);
	bytes_add(&input, signer.der.data, signer.der.len);
	bytes_add(&input, image.data + table + 8, image.len - table - 8);
	seed("fuzz_pkcs7", "signed", input.data, input.len);
	signer_free(&signer);
	bytes_free(&lists);
	bytes_free(&image);
	bytes_free(&input);
	free(pe);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	make_stores();
	make_volumes();
	make_signatures();
	return 0;
}
