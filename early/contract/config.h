/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The measured command line as PID 1 understands it: the one place of configuration.
 *
 * config_parse() reads `roothash=` and the `protostar.*` words; an unknown protostar.* key, a key
 * twice, a missing mandatory one or a malformed value stops the boot. Words of others (console=,
 * quiet, panic=...) are the kernel's and are ignored, those that would open a shell among them.
 *
 *   roothash=<64 hex>                  mandatory: dm-verity root hash
 *   protostar.service=ADDR:PORT[,...]  join service, IPv4 or [IPv6] literals, at most 8; mandatory
 *                                      unless there is an operator to wait for
 *   protostar.pin=<64 hex>[,<64 hex>]  SHA-256 of the service's SPKI, current and next; mandatory
 *                                      with a service unless the next key is given
 *   protostar.service.evidence=sha256:<64 hex>:<6 hex>:<64 hex>
 *                                      what the service's own TPM has to prove, beside the pin or
 *                                      in its place: SHA-256 of the AK's TPMT_PUBLIC, the PCRs of
 *                                      bank SHA-256 (bit n: PCR n), SHA-256 over their values
 *   protostar.operator=<64 hex>[,<64 hex>]
 *                                      SHA-256 of the SPKI of those who may serve this node by
 *                                      hand, over a connection that they make
 *   protostar.listen=PORT              where the node waits for them: the two go together
 *   protostar.listen.after=SECONDS     0..86400, default 30, less than join.timeout: how long no
 *                                      service has answered before it does. Without a service it
 *                                      waits at once, and the key is not taken
 *   protostar.root=SELECTOR            root data; default: GPT partition whose UUID is the first
 *                                      128 bits of the root hash (Discoverable Partitions)
 *   protostar.verity=[eio,]SELECTOR    its hash tree; default: the same with the last 128 bits.
 *   protostar.verity=eio               A corrupted block of the root is a kernel panic; with the
 *                                      word eio it is an I/O error for who reads it. A selector
 *                                      has a colon, so the two cannot be confused
 *   protostar.state=SELECTOR           state disk; default serial:state*
 *   protostar.state.mount=/PATH        where the root file system expects it; default /run/state
 *   protostar.state.cipher=NAME        aegis128-random (default) or aes-xts-hmac-sha256
 *   protostar.net=dhcp|ra|static       default dhcp
 *   protostar.net.address=ADDR/PREFIX  with static
 *   protostar.net.gateway=ADDR         with static, optional
 *   protostar.net.interface=WHICH      MAC address or name: the only interface that is used;
 *                                      default: every Ethernet interface is asked
 *   protostar.net.keep=no|yes          default no: init finds the network as PID 1 found it, links
 *                                      down, no address; yes leaves it configured
 *   protostar.join.timeout=SECONDS     1..86400, default 300: how long to try to join
 *   protostar.tee.privlevel=0|1|2|3    VMPL that reports of SEV-SNP are asked for; default, and at
 *                                      least, the lowest that the kernel can have
 *   protostar.failure=poweroff|reboot  default poweroff
 *   protostar.init=/PATH               default /sbin/init
 *
 * SELECTOR is partuuid:UUID, partlabel:TEXT, parttype:UUID or serial:TEXT (a whole disk by its
 * virtio, NVMe or SCSI serial or its wwid; a '*' at its end matches any rest, so that one image
 * fits disks that each have a serial of their own, by which the join service tells them apart). The
 * struct owns all its text; it can be copied and needs no release.
 */
#ifndef EARLY_CONTRACT_CONFIG_H
#define EARLY_CONTRACT_CONFIG_H

#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include "early/contract/selector.h"
#include "efi/base/status.h"

#define CONFIG_SERVICES_MAX 8u
#define CONFIG_PINS_MAX	    2u
#define CONFIG_LINE_MAX	    2048u /* bytes: COMMAND_LINE_SIZE on x86 */

/* An interface by its MAC address, or by its name where there is one. */
struct interface_choice {
	bool given;
	uint8_t mac[6];
	char name[IFNAMSIZ]; /* empty: by MAC */
};

/* In the order of the words in config.c. */
enum net_mode { NET_DHCP, NET_RA, NET_STATIC };
enum state_cipher { CIPHER_AEGIS128, CIPHER_AES_XTS_HMAC };
enum failure_action { FAILURE_POWEROFF, FAILURE_REBOOT };

/* The service's own evidence (PROTOCOL.md section 6.6). */
struct service_wanted {
	bool given;
	uint8_t ak[32];
	uint32_t pcr_mask;
	uint8_t pcr_digest[32];
};

struct config {
	uint8_t root_hash[32];
	struct selector root, verity, state;
	bool verity_eio; /* false: panic */
	char state_mount[CONFIG_TEXT_MAX];
	enum state_cipher state_cipher;
	struct sockaddr_in6 services[CONFIG_SERVICES_MAX]; /* IPv4 as v4-mapped IPv6 */
	size_t service_count;				   /* 0 only with listen_port */
	uint8_t pins[CONFIG_PINS_MAX][32];
	size_t pin_count; /* 0 only with service_wanted.given, or without services */
	struct service_wanted service_wanted;
	uint8_t operators[CONFIG_PINS_MAX][32];
	size_t operator_count;
	unsigned listen_port; /* 0: no operator is waited for */
	unsigned listen_after_s;
	enum net_mode net;
	struct in6_addr net_address; /* IPv4 as v4-mapped IPv6 */
	unsigned net_prefix;	     /* bits, 0..32 for IPv4 and 0..128 for IPv6 */
	struct in6_addr net_gateway; /* all zero: none */
	struct interface_choice net_interface;
	unsigned net_keep; /* 1: for the root file system */
	unsigned join_timeout_s;
	unsigned tee_privlevel; /* VMPL, 0..3 */
	enum failure_action failure;
	char init[CONFIG_TEXT_MAX];
};

/*
 * Parses a command line of len bytes (one trailing newline is fine). *out is written on success
 * only. On failure bad[CONFIG_TEXT_MAX] gets the offending word, cut and made printable.
 */
struct status config_parse(
	const char *line, size_t len, struct config *out, char bad[CONFIG_TEXT_MAX]) MUST_CHECK;

#endif
