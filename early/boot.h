/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one boot knows, handed from stage to stage. init.c owns the one instance; each stage fills
 * in its part and may read what earlier stages left. Stages run once, in the order of init.c's
 * table; a stage that fails ends the boot (halt.h).
 */
#ifndef EARLY_BOOT_H
#define EARLY_BOOT_H

#include "crypto/secret.h"
#include "early/contract/config.h"
#include "early/contract/messages.h"
#include "early/net/network_record.h"

#define DEVICE_PATH_MAX 64u /* "/dev/..." with NUL */
#define SYSROOT		"/sysroot"

struct tpm; /* early/tpm/tpm.h */

struct boot {
	struct config config; /* stage cmdline */
	bool tee;	      /* stage tee: the kernel makes reports of the processor */
	bool rtmr;	      /* stage tee: RTMR 3 is there, and has to be sealed */
	struct tpm *tpm;      /* stage tpm; NULL before, and without a TPM */
	char root_device[DEVICE_PATH_MAX];   /* stage devices */
	char verity_device[DEVICE_PATH_MAX]; /* stage devices */
	char state_device[DEVICE_PATH_MAX];  /* stage devices */
	uint8_t disk_id[DISK_ID_LEN];	     /* stage devices: PROTOCOL.md section 4 */
	struct network_record network;	     /* stage network: what there is to undo */
	/* Stage join: what the service granted, for the hand-off files. */
	uint8_t purpose; /* enum join_purpose */
	uint8_t action;	 /* enum grant_action */
	uint32_t key_version, policy_epoch;
	uint64_t generation; /* with the MAC under it: as committed */
	uint8_t header_mac[HEADER_MAC_LEN];
	char role[ROLE_TEXT_MAX + 1];
	struct secret join_material;
	uint8_t certificate[CERTIFICATE_MAX]; /* of the AK, by the service; DER */
	size_t certificate_len;		      /* 0: the service makes none */
};

/* Each stage is one function of its own file; init.c has their order. */
struct status stage_mounts(struct boot *b) MUST_CHECK;
struct status stage_modules(struct boot *b) MUST_CHECK;
/* cmdline.c: fills in `config`. */
struct status stage_cmdline(struct boot *b) MUST_CHECK;
/* entropy.c: the kernel's generator, and ours. */
struct status stage_entropy(struct boot *b) MUST_CHECK;
/* stage_tee.c: looks for reports of the processor. */
struct status stage_tee(struct boot *b) MUST_CHECK;
/* stage_tpm.c: opens the TPM, makes EK and AK; where there is none, the processor has to do. */
struct status stage_tpm(struct boot *b) MUST_CHECK;
struct status stage_devices(struct boot *b) MUST_CHECK;
/* root_disk.c: dm-verity, mounted on SYSROOT. */
struct status stage_root(struct boot *b) MUST_CHECK;
struct status stage_network(struct boot *b) MUST_CHECK;
/* join.c: grant, state disk, commit, mount. */
struct status stage_join(struct boot *b) MUST_CHECK;
/* stage_tee.c: extends RTMR 3 of TDX. */
struct status stage_rtmr(struct boot *b) MUST_CHECK;
/* stage_tpm.c: caps PCR 15. */
struct status stage_cap(struct boot *b) MUST_CHECK;
struct status stage_handoff(struct boot *b) MUST_CHECK;
/* network_leave.c: the network as it was found, unless the configuration keeps it. */
struct status stage_leave(struct boot *b) MUST_CHECK;
/* switch_root.c: does not return on success. */
struct status stage_init(struct boot *b) MUST_CHECK;

#endif
