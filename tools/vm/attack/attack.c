/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's code in a guest's firmware, for the demo and the VM tests; part of no image. It
 * changes a word of the kernel's command line after that was measured.
 *
 * The host has firmware start it before the UKI: as a driver that a variable names, from the option
 * ROM of a device, or as the application of an earlier boot option. It leaves a copy of itself in
 * memory and says that it failed, so that firmware goes on with the boot. The copy stands in the
 * way of ExitBootServices(), the kernel's last call, by which everything has been measured and the
 * kernel has made its command line of what it was given.
 */
#include <efi.h>

#define MAP_ROOM 65536u /* bytes of the firmware's memory map */

static const char genuine[] = "=genuine", hostile[] = "=hostile"; /* of one length */
static EFI_BOOT_SERVICES *services;
static EFI_EXIT_BOOT_SERVICES leave; /* the firmware's own */
static union {
	EFI_MEMORY_DESCRIPTOR first;
	UINT8 bytes[MAP_ROOM];
} map;

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

static void change_words(UINT8 *at, UINT64 len)
{
	for (const UINT8 *end = at + len - (sizeof(genuine) - 1); at <= end; at++) {
		UINTN same = 0;

		while (same < sizeof(genuine) - 1 && at[same] == (UINT8)genuine[same])
			same++;
		for (UINTN i = 0; same == sizeof(genuine) - 1 && i < same; i++)
			at[i] = (UINT8)hostile[i];
	}
}

static EFI_STATUS EFIAPI change_and_leave(EFI_HANDLE image, UINTN map_key)
{
	UINTN len = sizeof(map), key, step;
	UINT32 version;

	if (services->GetMemoryMap(&len, &map.first, &key, &step, &version) == EFI_SUCCESS) {
		for (const UINT8 *at = map.bytes; at < map.bytes + len; at += step) {
			const EFI_MEMORY_DESCRIPTOR *area = (const void *)at;

			if (area->Type == EfiLoaderData)
				change_words((UINT8 *)area->PhysicalStart,
					area->NumberOfPages * EFI_PAGE_SIZE);
		}
	}
	return leave(image, map_key);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	EFI_GUID guid = LOADED_IMAGE_PROTOCOL;
	EFI_PHYSICAL_ADDRESS copy = 0;
	EFI_LOADED_IMAGE *own;
	const UINT8 *base;

	services = table->BootServices;
	leave = services->ExitBootServices;
	if (services->HandleProtocol(image, &guid, (void **)&own) != EFI_SUCCESS ||
		services->AllocatePages(AllocateAnyPages, EfiBootServicesCode,
			EFI_SIZE_TO_PAGES(own->ImageSize), &copy) != EFI_SUCCESS)
		return EFI_OUT_OF_RESOURCES;
	base = own->ImageBase;
	for (UINT64 i = 0; i < own->ImageSize; i++)
		((UINT8 *)copy)[i] = base[i];
	services->ExitBootServices = (EFI_EXIT_BOOT_SERVICES)(copy + ((UINTN)change_and_leave -
									     (UINTN)base));
	return EFI_NOT_FOUND;
}
