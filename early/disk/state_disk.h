/*
 * The state disk: LUKS2 with AEAD (dm-crypt over dm-integrity), as early/contract/PROTOCOL.md,
 * section 7, and design decisions 6 and 7 say.
 *
 * The join service decides between formatting and opening; nothing on the disk does. On opening,
 * the first MiB is read once into sealed memory and its MAC compared before a byte of it is parsed;
 * from then on only that copy is used and the disk's own header is not looked at again. The header
 * stays one that stock cryptsetup opens. What the kernel was told is read back and compared.
 *
 * Order: state_disk_format() or state_disk_open(); the service's ACK; state_disk_mount(). When the
 * boot does not get as far, state_disk_close(). One state disk a boot.
 */
#ifndef EARLY_DISK_STATE_DISK_H
#define EARLY_DISK_STATE_DISK_H

#include "early/boot.h"

#define STATE_MAPPING "state" /* its name in the device mapper */
#define STATE_NODE    "/dev/mapper/" STATE_MAPPING

/* What claims say of the disk (enum disk_contents). Decides nothing but to stop. */
struct status state_disk_contents(const struct boot *b, uint8_t *out) MUST_CHECK;

/*
 * Makes a new header of the given generation, opens the disk with it, makes the file system with
 * the root file system's mkfs.ext4 (SYSROOT must be mounted) and flushes. Everything on the disk is
 * lost. *out_mac is the new header's MAC. Unless `overwrite`, E_STATE_NOT_BLANK for a disk that is
 * not blank, which is left as it is. Failing otherwise leaves nothing open and the disk as it may
 * be: until the service has a COMMIT it may be formatted again.
 */
struct status state_disk_format(const struct boot *b, const uint8_t disk_key[DISK_KEY_LEN],
	uint64_t generation, bool overwrite, uint8_t out_mac[HEADER_MAC_LEN]) MUST_CHECK;

/*
 * Opens the disk whose header has this MAC under this key and generation. E_HEADER_MAC for any
 * other header: nothing was written and nothing parsed then. *out_mac is the same header's MAC
 * under the next generation.
 */
struct status state_disk_open(const struct boot *b, const uint8_t disk_key[DISK_KEY_LEN],
	uint64_t generation, const uint8_t expected_mac[HEADER_MAC_LEN],
	uint8_t out_mac[HEADER_MAC_LEN]) MUST_CHECK;

/* Mounts the opened disk where the configuration says: below SYSROOT, or below /run as it is. */
struct status state_disk_mount(const struct boot *b) MUST_CHECK;

/* Closes the disk when it is open. */
void state_disk_close(void);

#endif
