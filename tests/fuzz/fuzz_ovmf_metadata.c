/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metadata of an OVMF image, and the launch digests that are made of them. An input is the end of
 * an image; its first byte says how many processors and which VMM.
 */
#include "tools/measure/cc/cc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The fuzzer is to find crashes, not to hash: this is what the metadata may claim here. */
#define MEMORY_MAX (1u << 20)

static bool little(const struct ovmf_metadata *m)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->tdvf_count; i++)
		if (!(m->tdvf[i].attributes & TDVF_PAGE_AUG) ||
			m->tdvf[i].attributes & TDVF_MR_EXTEND)
			sum += m->tdvf[i].size;
	for (size_t i = 0; i < m->sev_count; i++)
		sum += m->sev[i].size;
	if (sum > 2ull * OVMF_MEMORY_MAX)
		__builtin_trap();
	return sum <= MEMORY_MAX;
}

static void check_flaw(const struct flaw *flaw, size_t size)
{
	if (!flaw->reason || flaw->offset > size)
		__builtin_trap();
}

/* The list of memory covers all RAM and fits where it goes. */
static void make_list(const struct ovmf_metadata *m, size_t size)
{
	struct bytes list = {0};
	struct flaw flaw = {0};

	if (!cc_td_hob(m, 4ull << 30, &list, &flaw))
		check_flaw(&flaw, size);
	else if (list.len < 56 || list.len % 8)
		__builtin_trap();
	bytes_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct snp_hashes hashes = {{1}, {2}, {3}};
	struct snp_request request = {.vcpu_signature = 1};
	uint8_t digest[BOOT_CC_LEN] = {0};
	struct ovmf_metadata m;
	struct flaw flaw = {0};

	if (size < 1)
		return 0;
	request.vcpus = 1 + data[0] % 4;
	request.vmm = (enum snp_vmm)(data[0] / 4 % SNP_VMM_COUNT);
	if (!ovmf_metadata_read(data + 1, size - 1, &m, &flaw)) {
		check_flaw(&flaw, size);
		return 0;
	}
	if (!little(&m))
		return 0;
	make_list(&m, size);
	if (!cc_mrtd(data + 1, size - 1, &m, data[0] & 1, digest, &flaw))
		check_flaw(&flaw, size);
	if (!snp_launch_digest(
		    data + 1, size - 1, &m, &request, data[0] & 2 ? &hashes : NULL, digest, &flaw))
		check_flaw(&flaw, size);
	return 0;
}
