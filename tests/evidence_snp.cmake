# SPDX-License-Identifier: GPL-2.0-or-later
# SEV-SNP reports: real samples, a chain of the tests' own, and every parser.
find_package(OpenSSL 3.0 REQUIRED)
protostar_room(snp_pki SOURCES interop/evidence/snp_pki.c LINKS evidence_snp)
protostar_room(snp_rig SOURCES unit/evidence/snp_rig.c LINKS snp_pki tools_policy)
protostar_test(test_snp_samples SOURCES unit/evidence/test_snp_samples.c LINKS snp_rig
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/evidence/snp)
protostar_test(test_snp_fields SOURCES unit/evidence/test_snp_fields.c LINKS snp_rig)
protostar_test(test_snp_chains SOURCES unit/evidence/test_snp_chains.c LINKS snp_rig
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/evidence/snp)
protostar_test(test_snp_judge SOURCES unit/evidence/test_snp_judge.c LINKS snp_rig)
protostar_test(test_snp_tables SOURCES unit/evidence/test_snp_tables.c LINKS snp_rig)
protostar_test(test_policy_snp SOURCES unit/evidence/test_policy_snp.c LINKS snp_rig)
protostar_fuzz_target(fuzz_snp_report SOURCES fuzz/fuzz_snp_report.c LINKS evidence_snp)
protostar_fuzz_target(fuzz_snp_table SOURCES fuzz/fuzz_snp_table.c LINKS evidence_snp)
protostar_fuzz_target(fuzz_snp_vek SOURCES fuzz/fuzz_snp_vek.c LINKS evidence_snp)
protostar_fuzz_target(fuzz_svsm_manifest SOURCES fuzz/fuzz_svsm_manifest.c LINKS evidence_snp)
