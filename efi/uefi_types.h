/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interfaces of UEFI and TCG that the gnu-efi headers lack. Names are ours where those of the
 * specifications would clash with a later gnu-efi.
 */
#ifndef EFI_UEFI_TYPES_H
#define EFI_UEFI_TYPES_H

#include <efi.h>

#include "efi/firmware.h"

#define GUID_LOADED_IMAGE                                              \
	{                                                              \
		0x5b1b31a1, 0x9562, 0x11d2,                            \
		{                                                      \
			0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b \
		}                                                      \
	}
#define GUID_DEVICE_PATH                                               \
	{                                                              \
		0x09576e91, 0x6d3f, 0x11d2,                            \
		{                                                      \
			0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b \
		}                                                      \
	}
#define GUID_LOAD_FILE2                                                \
	{                                                              \
		0x4006c0c1, 0xfcb3, 0x403e,                            \
		{                                                      \
			0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d \
		}                                                      \
	}
#define GUID_LINUX_INITRD                                              \
	{                                                              \
		0x5568e427, 0x68fc, 0x4f3d,                            \
		{                                                      \
			0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68 \
		}                                                      \
	}
#define GUID_TCG2                                                      \
	{                                                              \
		0x607f766c, 0x7455, 0x42be,                            \
		{                                                      \
			0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f \
		}                                                      \
	}
#define GUID_CC                                                        \
	{                                                              \
		0x96751a3d, 0x72f4, 0x41a6,                            \
		{                                                      \
			0xa7, 0x94, 0xed, 0x5d, 0x0e, 0x67, 0xae, 0x6b \
		}                                                      \
	}
#define GUID_MEMORY_ATTRIBUTE                                          \
	{                                                              \
		0xf4560cf6, 0x40ec, 0x4b4a,                            \
		{                                                      \
			0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89 \
		}                                                      \
	}

#define MEMORY_XP 0x4000u  /* EFI_MEMORY_XP */
#define MEMORY_RO 0x20000u /* EFI_MEMORY_RO */

/* EFI_TCG2_EVENT and EFI_CC_EVENT: the same bytes, only the register is named otherwise. */
struct measurement_event {
	UINT32 size; /* of all fields and the used part of the text */
	UINT32 header_size;
	UINT16 header_version;
	UINT32 index; /* PCR, or CC measurement register */
	UINT32 type;
	UINT8 text[FIRMWARE_TEXT_MAX];
} __attribute__((packed));

#define MEASUREMENT_TEXT_AT	   18u
#define MEASUREMENT_HEADER_SIZE	   14u /* without the size field */
#define MEASUREMENT_HEADER_VERSION 1u

/* TCG EFI Protocol Specification, 6.4: EFI_TCG2_BOOT_SERVICE_CAPABILITY. */
struct tcg2_capability {
	UINT8 size;
	UINT8 structure_version[2], protocol_version[2];
	UINT32 hash_algorithms, event_logs;
	BOOLEAN tpm_present;
	UINT16 max_command, max_response;
	UINT32 manufacturer, bank_count, active_banks;
};

struct tcg2_protocol {
	EFI_STATUS(EFIAPI *get_capability)(struct tcg2_protocol *, struct tcg2_capability *);
	void *get_event_log;
	EFI_STATUS(EFIAPI *hash_log_extend_event)
	(struct tcg2_protocol *, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 len,
		struct measurement_event *);
};

/* UEFI 2.10, 38.2: EFI_CC_MEASUREMENT_PROTOCOL. */
struct cc_capability {
	UINT8 size;
	UINT8 structure_version[2], protocol_version[2];
	UINT32 hash_algorithms, event_logs;
	UINT8 type, subtype;
};

struct cc_protocol {
	EFI_STATUS(EFIAPI *get_capability)(struct cc_protocol *, struct cc_capability *);
	void *get_event_log;
	EFI_STATUS(EFIAPI *hash_log_extend_event)
	(struct cc_protocol *, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 len,
		struct measurement_event *);
	EFI_STATUS(EFIAPI *map_pcr)(struct cc_protocol *, UINT32 pcr, UINT32 *out_index);
};

/* UEFI 2.10, 37.7.1: EFI_MEMORY_ATTRIBUTE_PROTOCOL. */
struct memory_attribute_protocol {
	void *get;
	EFI_STATUS(EFIAPI *set)
	(struct memory_attribute_protocol *, EFI_PHYSICAL_ADDRESS base, UINT64 len,
		UINT64 attributes);
	EFI_STATUS(EFIAPI *clear)
	(struct memory_attribute_protocol *, EFI_PHYSICAL_ADDRESS base, UINT64 len,
		UINT64 attributes);
};

#endif
