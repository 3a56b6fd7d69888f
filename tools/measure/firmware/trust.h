/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether firmware starts an image under Secure Boot, and which entry of db makes it: what edk2's
 * DxeImageVerificationLib decides, with OpenSSL verifying the signatures as it does there.
 */
#ifndef TOOLS_MEASURE_FIRMWARE_TRUST_H
#define TOOLS_MEASURE_FIRMWARE_TRUST_H

#include "tools/lib/signature_list.h"
#include "tools/measure/model/image.h"

/* Contents of the two databases that decide, both well-formed (signatures_check()). */
struct trust {
	const uint8_t *db, *dbx;
	size_t db_len, dbx_len; /* bytes */
};

/*
 * True: *authority is the entry of db that the image is trusted by. False: firmware refuses the
 * image, and *why is a constant text that completes "firmware refuses it: ".
 */
bool trust_image(const struct trust *trust, const struct boot_image *image,
	struct signature *authority, const char **why);

#endif
