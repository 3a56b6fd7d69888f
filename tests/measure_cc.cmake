# Confidential VMs' registers: TDX and SEV-SNP.
protostar_test(test_cc_log SOURCES unit/measure/test_cc_log.c LINKS tools_lib)
