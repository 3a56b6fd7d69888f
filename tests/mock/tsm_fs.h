/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's interface for reports of the processor, imitated by a FUSE file system: mkdir makes
 * an entry with the attributes of its provider, each with the modes, the errors and the counting of
 * writes that configfs-tsm has (Linux drivers/virt/coco, fs/configfs/file.c); an input is stored
 * when it is closed, and nobody hears when that fails. Beside it the register of TDX, as tsm-mr has
 * it. What makes the reports is a machine of zeros that says what it was asked.
 *
 * tsm_fs_start() needs root and /dev/fuse. It makes a mount namespace of this process's own, with
 * nothing in /sys but this, and serves it from a child process; one at a time.
 */
#ifndef TESTS_MOCK_TSM_FS_H
#define TESTS_MOCK_TSM_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TSM_SNP_LEN	1184u
#define TSM_SNP_DATA_AT 0x50u /* report data, 64 bytes */
#define TSM_SNP_VMPL_AT 0x30u /* u32, little-endian */
#define TSM_TDX_LEN	5006u
#define TSM_TDX_DATA_AT 568u
#define TSM_MANIFEST	"manifest"
#define TSM_SVSM_VTPM	"c476f1eb-0123-45a5-9641-b4e7dde5bfe3"

/* What the file system does and saw: shared memory of both processes, written between calls. */
struct tsm_machine {
	char provider[32];	  /* empty: no driver */
	unsigned privlevel_floor; /* > 0: under an SVSM, with its attributes */
	bool no_rtmr;		  /* the register is read-only */
	bool rtmr_stuck;	  /* takes extensions and forgets them */
	size_t table_len;	  /* bytes of auxblob */
	size_t report_len;	  /* 0: as the kind has it */
	size_t manifest_len;	  /* 0: TSM_MANIFEST */
	int read_error;		  /* errno of the next reads of outblob; 0: none */
	unsigned others;	  /* reports that another one's write comes before */
	unsigned stores_lost;	  /* inputs that are not stored when they are closed */
	/*
	 * Makes a report about data in place of zeros; its length. It is called in the child, which
	 * knows what there was at tsm_fs_start() and no more. NULL: zeros.
	 */
	size_t (*maker)(const struct tsm_machine *m, const uint8_t data[64], uint8_t *out);
	unsigned twist; /* for the maker */
	/* What it saw. */
	unsigned made, removed; /* entries */
	unsigned reports;
	uint8_t rtmr[48];
};

/* NULL, with a line on stderr, when it cannot be mounted. */
struct tsm_machine *tsm_fs_start(void);
void tsm_fs_stop(void);

#endif
