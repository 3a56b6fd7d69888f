/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each member of a policy, wrong by itself: whole joins over real TLS are refused (mutation.h). */
#include "tests/interop/serve/identity_setting.h"
#include "tests/interop/serve/mutation.h"
#include "tests/interop/serve/tee_node.h"

int main(int argc, char **argv)
{
	int result;

	if (argc != 3)
		return 2;
	setting_open(argv[1]);
	tee_open();
	mutate_tpm();
	mutate_snp();
	mutate_tdx();
	mutate_azure();
	result = mutations_end(argv[2]);
	tee_close();
	setting_close();
	return result;
}
