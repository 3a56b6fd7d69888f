/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcryptsetup as this project builds it: LUKS2, dm-verity and dm-integrity with PBKDF2 and our
 * own crypto backend. No AF_ALG, blkid, keyring, udev, Argon2, tokens from files. Given to every
 * file of it with -include.
 *
 * ENABLE_AF_ALG selects the code path that encrypts keyslots through the crypto backend alone;
 * without it upstream falls back to temporary dm-crypt devices. AF_ALG itself is nowhere linked.
 *
 * The defaults named here matter only to a caller that leaves a choice open; ours does not.
 */
#define DEFAULT_INTEGRITY_KEYFILE_SIZE_MAXKB	  4
#define DEFAULT_KEYFILE_SIZE_MAXKB		  8192
#define DEFAULT_LOOPAES_CIPHER			  "aes"
#define DEFAULT_LOOPAES_KEYBITS			  256
#define DEFAULT_LUKS1_CIPHER			  "aes"
#define DEFAULT_LUKS1_HASH			  "sha256"
#define DEFAULT_LUKS1_ITER_TIME			  2000
#define DEFAULT_LUKS1_KEYBITS			  256
#define DEFAULT_LUKS1_MODE			  "xts-plain64"
#define DEFAULT_LUKS2_EXTERNAL_TOKENS_PATH	  "LIBDIR/cryptsetup"
#define DEFAULT_LUKS2_ITER_TIME			  2000
#define DEFAULT_LUKS2_KEYSLOT_CIPHER		  "aes-xts-plain64"
#define DEFAULT_LUKS2_KEYSLOT_KEYBITS		  512
#define DEFAULT_LUKS2_LOCK_DIR_PERMS		  0700
#define DEFAULT_LUKS2_LOCK_PATH			  "/run/cryptsetup"
#define DEFAULT_LUKS2_MEMORY_KB			  1048576
#define DEFAULT_LUKS2_PARALLEL_THREADS		  4
#define DEFAULT_LUKS2_PBKDF			  "pbkdf2"
#define DEFAULT_LUKS_FORMAT			  CRYPT_LUKS2
#define DEFAULT_PASSPHRASE_SIZE_MAX		  512
#define DEFAULT_PLAIN_CIPHER			  "aes"
#define DEFAULT_PLAIN_HASH			  "sha256"
#define DEFAULT_PLAIN_KEYBITS			  256
#define DEFAULT_PLAIN_MODE			  "xts-plain64"
#define DEFAULT_RNG				  "/dev/urandom"
#define DEFAULT_VERITY_DATA_BLOCK		  4096
#define DEFAULT_VERITY_FEC_ROOTS		  2
#define DEFAULT_VERITY_HASH			  "sha256"
#define DEFAULT_VERITY_HASH_BLOCK		  4096
#define DEFAULT_VERITY_SALT_SIZE		  32
#define ENABLE_AF_ALG				  1
#define ENABLE_LUKS_ADJUST_XTS_KEYSIZE		  1
#define HAVE_BYTESWAP_H				  1
#define HAVE_CLOCK_GETTIME			  1
#define HAVE_CTYPE_H				  1
#define HAVE_DECL_DM_DEVICE_GET_NAME		  1
#define HAVE_DECL_DM_DEVICE_HAS_HOLDERS		  1
#define HAVE_DECL_DM_DEVICE_HAS_MOUNTED_FS	  1
#define HAVE_DECL_DM_TASK_DEFERRED_REMOVE	  1
#define HAVE_DECL_DM_TASK_RETRY_REMOVE		  1
#define HAVE_DECL_DM_TASK_SECURE_DATA		  1
#define HAVE_DECL_DM_UDEV_DISABLE_DISK_RULES_FLAG 1
#define HAVE_DECL_JSON_OBJECT_DEEP_COPY		  1
#define HAVE_DECL_JSON_OBJECT_OBJECT_ADD_EX	  1
#define HAVE_DECL_O_CLOEXEC			  1
#define HAVE_DIRENT_H				  1
#define HAVE_ENDIAN_H				  1
#define HAVE_EXPLICIT_BZERO			  1
#define HAVE_FCNTL_H				  1
#define HAVE_FSEEKO				  1
#define HAVE_INTTYPES_H				  1
#define HAVE_MALLOC_H				  1
#define HAVE_POSIX_FALLOCATE			  1
#define HAVE_POSIX_MEMALIGN			  1
#define HAVE_STDINT_H				  1
#define HAVE_STDIO_H				  1
#define HAVE_STDLIB_H				  1
#define HAVE_STRINGS_H				  1
#define HAVE_STRING_H				  1
#define HAVE_SYS_IOCTL_H			  1
#define HAVE_SYS_MMAN_H				  1
#define HAVE_SYS_STATVFS_H			  1
#define HAVE_SYS_STAT_H				  1
#define HAVE_SYS_SYSMACROS_H			  1
#define HAVE_SYS_TYPES_H			  1
#define HAVE_UCHAR_H				  1
#define HAVE_UNISTD_H				  1
#define HAVE_UUID_UUID_H			  1
#define STDC_HEADERS				  1
#define USE_INTERNAL_ARGON2			  0
#define PACKAGE_NAME				  "cryptsetup"
#define PACKAGE_VERSION				  "2.7.5"
#define PACKAGE					  "cryptsetup"
#define VERSION					  PACKAGE_VERSION

/*
 * Instead of lib/libcryptsetup_symver.h: a static library has no versions of its symbols, and the
 * assembler directives of that header do not survive LTO.
 */
#define _LIBCRYPTSETUP_SYMVER_H
#define CRYPT_SYMBOL_EXPORT_OLD(ret, symbol, major, minor, ...) \
	static inline __attribute__((unused)) ret __##symbol##_v##major##_##minor(__VA_ARGS__)
#define CRYPT_SYMBOL_EXPORT_NEW(ret, symbol, major, minor, ...) ret symbol(__VA_ARGS__)
