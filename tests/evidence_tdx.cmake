# SPDX-License-Identifier: GPL-2.0-or-later
# TDX quotes and Azure's claims: real samples, a chain of the tests' own, and every parser.
find_package(OpenSSL 3.0 REQUIRED)
protostar_room(evidence_pki_tdx
  SOURCES
    interop/evidence/tdx_pki.c
    interop/evidence/tdx_pki_collateral.c
    interop/evidence/tdx_pki_quote.c
  LINKS evidence_tdx)
protostar_room(tdx_rig SOURCES unit/evidence/tdx_rig.c LINKS evidence_pki_tdx tools_policy)
set(tdx_samples ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/evidence/tdx)
protostar_test(test_tdx_samples SOURCES unit/evidence/test_tdx_samples.c LINKS tdx_rig
  ARGS ${tdx_samples})
protostar_test(test_tdx_chains SOURCES unit/evidence/test_tdx_chains.c LINKS tdx_rig)
protostar_test(test_tdx_judge SOURCES unit/evidence/test_tdx_judge.c LINKS tdx_rig)
protostar_test(test_policy_kinds SOURCES unit/evidence/test_policy_kinds.c LINKS tools_policy)
protostar_test(test_azure SOURCES unit/evidence/test_azure.c LINKS tdx_rig
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/evidence/azure)

set(fuzz ${CMAKE_CURRENT_SOURCE_DIR}/fuzz)
foreach(parser tdx_quote tdx_pck tdx_collateral)
  protostar_fuzz_target(fuzz_${parser} SOURCES ${fuzz}/fuzz_${parser}.c LINKS evidence_tdx)
endforeach()
protostar_fuzz_target(fuzz_hcl SOURCES ${fuzz}/fuzz_hcl.c LINKS evidence_azure)
