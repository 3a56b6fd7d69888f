# SPDX-License-Identifier: GPL-2.0-or-later
# Confidential VMs' registers: TDX and SEV-SNP.
protostar_test(test_cc_log SOURCES unit/measure/test_cc_log.c LINKS tools_lib)
protostar_test(test_ovmf_metadata SOURCES unit/measure/test_ovmf_metadata.c LINKS tools_lib)
protostar_test(test_snp SOURCES unit/measure/test_snp.c LINKS measure_cc)
protostar_test(test_cc SOURCES unit/measure/test_cc.c LINKS measure_cc)
protostar_test(test_tdx SOURCES unit/measure/test_tdx.c LINKS measure_cc)
protostar_fuzz_target(fuzz_ovmf_metadata SOURCES fuzz/fuzz_ovmf_metadata.c LINKS measure_cc)
