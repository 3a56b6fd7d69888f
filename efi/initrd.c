/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initrd by LoadFile2: exactly the bytes of .initrd, so that PCR 9 is H(.initrd). It is always
 * offered, for Linux would otherwise take the one that "initrd=" names on the ESP.
 */
#include "efi/stub.h"
#include "efi/runtime.h"

struct status initrd_refuse_foreign(const struct firmware *fw)
{
	bool offered;

	TRY(fw->initrd_offered(fw->context, &offered));
	return offered ? fail(E_STUB_INITRD_FOREIGN) : OK;
}

struct status initrd_offer(const struct firmware *fw, struct contents bytes, struct initrd *initrd)
{
	initrd->bytes = bytes;
	return fw->offer_initrd(fw->context, initrd);
}

enum initrd_result initrd_serve(
	const struct initrd *initrd, bool boot_policy, uint64_t *size, void *buffer)
{
	uint64_t capacity;

	if (!size)
		return INITRD_INVALID;
	if (boot_policy)
		return INITRD_UNSUPPORTED;
	capacity = *size;
	*size = initrd->bytes.len;
	if (!buffer || capacity < initrd->bytes.len)
		return INITRD_BUFFER_TOO_SMALL;
	memcpy(buffer, initrd->bytes.data, initrd->bytes.len);
	return INITRD_SERVED;
}
