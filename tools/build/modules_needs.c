/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/modules_needs.h"

#include <stdio.h>
#include <string.h>
#include "tools/build/modules_find.h"
#include "tools/lib/report.h"

#define ON(platform) (1u << PLATFORM_##platform)
#define EVERYWHERE   (ON(ALL) | ON(QEMU) | ON(AWS) | ON(GCP) | ON(AZURE))
#define NOWHERE	     0u
/* Beside the platforms that need it: it cannot be loaded on others, and PID 1 goes on there. */
#define LOADS_THERE_ONLY (1u << PLATFORM_COUNT)

/*
 * One thing that a kernel may have as a module or built in: names of modules and aliases, of which
 * all that there are come along and one will do. A platform that needs it refuses a kernel without;
 * one that takes it goes on.
 */
struct kernel_need {
	const char *names;
	unsigned needed, taken;
	const char *purpose; /* "... is for <purpose>" */
};

/*
 * Buses come before what is found on them. mlx5_core and mana are in no set: on Azure they are the
 * second way to an interface that hv_netvsc drives, and must not be configured by themselves.
 */
static const struct kernel_need machines[] = {
	{"virtio_pci", ON(ALL) | ON(QEMU) | ON(GCP), NOWHERE,
		"the virtio devices of QEMU and Google's VMs"},
	{"virtio_blk", ON(ALL) | ON(QEMU), NOWHERE, "QEMU's virtio disks"},
	{"virtio_net", ON(ALL) | ON(QEMU), ON(GCP), "the virtio network of QEMU and Google's VMs"},
	{"sd_mod", ON(GCP) | ON(AZURE), ON(ALL) | ON(QEMU), "SCSI disks of any kind"},
	{"virtio_scsi", ON(GCP), ON(ALL) | ON(QEMU), "the SCSI disks of Google's VMs and QEMU"},
	{"nvme", ON(AWS) | ON(GCP), ON(ALL) | ON(QEMU) | ON(AZURE), "NVMe disks"},
	{"hv_vmbus", ON(AZURE) | LOADS_THERE_ONLY, ON(ALL), "all devices of Azure's VMs"},
	{"pci_hyperv", NOWHERE, ON(ALL) | ON(AZURE), "the NVMe disks of Azure's VMs"},
	{"hv_storvsc", ON(AZURE) | LOADS_THERE_ONLY, ON(ALL), "the SCSI disks of Azure's VMs"},
	{"hv_netvsc", ON(AZURE) | LOADS_THERE_ONLY, ON(ALL), "the network of Azure's VMs"},
	{"ena", ON(AWS), ON(ALL), "the network of AWS's VMs"},
	{"gve", ON(GCP), ON(ALL), "the network of Google's VMs (gVNIC)"},
	{"xen_blkfront", NOWHERE, ON(ALL) | ON(AWS), "the disks of Xen's VMs"},
	{"xen_netfront", NOWHERE, ON(ALL) | ON(AWS), "the network of Xen's VMs"},
	{"e1000e", NOWHERE, ON(ALL) | ON(QEMU), "Intel's network cards, as QEMU emulates them"},
	{"vmw_pvscsi", NOWHERE, ON(ALL), "the disks of VMware's VMs"},
	{"vmxnet3", NOWHERE, ON(ALL), "the network of VMware's VMs"},
};

static const struct kernel_need always[] = {
	{"dm_mod", EVERYWHERE, NOWHERE, "the root file system's and the state disk's mappings"},
	{"dm_verity", EVERYWHERE, NOWHERE, "checking the root file system"},
	{"dm_crypt", EVERYWHERE, NOWHERE, "the state disk's encryption"},
	{"dm_integrity", EVERYWHERE, NOWHERE, "the state disk's integrity"},
	{"ext4", EVERYWHERE, NOWHERE, "the state disk's file system"},
	{"ipv6", NOWHERE, EVERYWHERE, "IPv6"},
};

/*
 * What the processor says of the machine; configfs and tsm come along as dependencies. The drivers
 * are refused, in silence, where the processor or the firmware has no such thing. Azure's paravisor
 * keeps both to itself, and PID 1 asks it through the TPM.
 */
static const struct kernel_need reports[] = {
	{"sev_guest", NOWHERE, ON(ALL) | ON(QEMU) | ON(AWS) | ON(GCP), "the reports of SEV-SNP"},
	{"tdx_guest", NOWHERE, ON(ALL) | ON(QEMU) | ON(GCP), "the quotes of TDX"},
};
/* Up to Linux 6.12 sev_guest asks for gcm(aes) as it is loaded, when nothing else could load it. */
static const struct kernel_need for_sev_guest[] = {
	{"crypto-gcm gcm crypto-ctr ctr crypto-ghash ghash_generic", NOWHERE,
		ON(ALL) | ON(QEMU) | ON(AWS) | ON(GCP), "the reports of SEV-SNP"},
};

/*
 * What kernels have built in as a rule. Algorithms go by alias, since the files that hold them
 * change their names from kernel to kernel; the names are for trees that tell no aliases.
 */
static const struct kernel_need basic[] = {
	{"tpm_crb tpm_tis tpm_svsm", EVERYWHERE, NOWHERE, "the TPM"},
	{"crypto-sha256 sha256_generic sha256_ssse3", EVERYWHERE, NOWHERE,
		"the root file system's hash tree"},
	/* The library does it from Linux 6.14 on. */
	{"crypto-crc32c crc32c_generic crc32c_intel", NOWHERE, EVERYWHERE,
		"checksums of file systems"},
	{"crypto-hmac hmac", NOWHERE, EVERYWHERE, "HMAC"},
};
static const struct kernel_need for_aegis[] = {
	{"aegis128 crypto-aegis128", EVERYWHERE, NOWHERE, "protostar.state.cipher=aegis128-random"},
	{"aegis128_aesni", NOWHERE, EVERYWHERE, "a quick AEGIS-128"},
};
#define XTS "protostar.state.cipher=aes-xts-hmac-sha256"
static const struct kernel_need for_xts[] = {
	{"xts crypto-xts", EVERYWHERE, NOWHERE, XTS},
	{"authenc crypto-authenc", EVERYWHERE, NOWHERE, XTS},
};
static const struct kernel_need basic_of_xts[] = {
	{"crypto-aes aes_generic aesni_intel", EVERYWHERE, NOWHERE, XTS},
	{"crypto-hmac hmac", EVERYWHERE, NOWHERE, XTS},
};

static const struct kernel_need for_dhcp[] = {
	{"af_packet", EVERYWHERE, NOWHERE, "protostar.net=dhcp, which is the default"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* True when the kernel has something of these names; all but the first are optional always. */
static bool add_names(const struct module_tree *tree, const char *names, bool is_optional,
	struct module_list *list)
{
	bool found = false;

	while (*names) {
		char name[MODULE_NAME_MAX];
		size_t len = strcspn(names, " ");

		(void)snprintf(name, sizeof(name), "%.*s", (int)len, names);
		found |= module_list_add(tree, name, is_optional, list) != MODULE_MISSING;
		is_optional = true;
		names += len;
		names += *names == ' ';
	}
	return found;
}

static bool add_need(const struct build *b, const struct module_tree *tree,
	const struct kernel_need *need, struct module_list *list)
{
	unsigned platform = 1u << b->options.platform;
	bool needed = need->needed & platform;

	if (!needed && !(need->taken & platform))
		return true;
	if (add_names(tree, need->names, !needed || (need->needed & LOADS_THERE_ONLY), list))
		return true;
	if (needed)
		return complain("the module %.*s is neither in %s nor built into the kernel: it is "
				"for %s",
			(int)strcspn(need->names, " "), need->names, b->options.modules_dir,
			need->purpose);
	progress("initrd: without %.*s, which the kernel has not: it is for %s",
		(int)strcspn(need->names, " "), need->names, need->purpose);
	return true;
}

static bool add_needs(const struct build *b, const struct module_tree *tree,
	const struct kernel_need *needs, size_t count, struct module_list *list)
{
	bool fine = true;

	for (size_t i = 0; fine && i < count; i++)
		fine = add_need(b, tree, &needs[i], list);
	return fine;
}

/* The same for `basic`: until Linux 5.2 trees do not tell of all that is built in. */
static bool add_basic(const struct build *b, const struct module_tree *tree,
	const struct kernel_need *needs, size_t count, struct module_list *list)
{
	if (*tree->info_text)
		return add_needs(b, tree, needs, count, list);
	for (size_t i = 0; i < count; i++)
		(void)add_names(tree, needs[i].names, true, list);
	return true;
}

/* Whether the setting `key` has this value, be it by default. */
static bool is_set_to(
	const struct build *b, const char *key, const char *value, const char *by_default)
{
	const struct cmdline_request settings = {
		.settings = b->options.settings, .setting_count = b->options.setting_count};

	return strcmp(cmdline_setting(&settings, key, by_default), value) == 0;
}

static bool add_for_settings(
	const struct build *b, const struct module_tree *tree, struct module_list *list)
{
	if (is_set_to(b, "protostar.net", "dhcp", "dhcp") &&
		!add_basic(b, tree, for_dhcp, COUNT(for_dhcp), list))
		return false;
	if (is_set_to(b, "protostar.state.cipher", "aegis128-random", "aegis128-random"))
		return add_needs(b, tree, for_aegis, COUNT(for_aegis), list);
	return add_needs(b, tree, for_xts, COUNT(for_xts), list) &&
	       add_basic(b, tree, basic_of_xts, COUNT(basic_of_xts), list);
}

static bool add_root(
	const struct build *b, const struct module_tree *tree, struct module_list *list)
{
	const struct kernel_need need = {
		root_format_name(b->root_format), EVERYWHERE, NOWHERE, "the root file system"};

	return add_need(b, tree, &need, list);
}

static bool add_reports(
	const struct build *b, const struct module_tree *tree, struct module_list *list)
{
	if (module_find(tree, "sev_guest") &&
		!add_needs(b, tree, for_sev_guest, COUNT(for_sev_guest), list))
		return false;
	return add_needs(b, tree, reports, COUNT(reports), list);
}

/* What --module names; any alias will do too. */
static bool add_asked(
	const struct build *b, const struct module_tree *tree, struct module_list *list)
{
	const struct build_options *o = &b->options;

	for (size_t i = 0; i < o->module_count; i++)
		if (module_list_add(tree, o->modules[i], false, list) == MODULE_MISSING)
			return complain("the module %s is neither in %s nor built into the kernel, "
					"and nothing there has it as an alias (--module)",
				o->modules[i], o->modules_dir);
	return true;
}

bool modules_choose(const struct build *b, const struct module_tree *tree, struct module_list *list)
{
	return add_needs(b, tree, machines, COUNT(machines), list) &&
	       add_needs(b, tree, always, COUNT(always), list) && add_root(b, tree, list) &&
	       add_basic(b, tree, basic, COUNT(basic), list) && add_reports(b, tree, list) &&
	       add_for_settings(b, tree, list) && add_asked(b, tree, list);
}
