# SPDX-License-Identifier: GPL-2.0-or-later
# TPM evidence: keys, quotes, credentials, makers' certificates.
set(unit ${CMAKE_CURRENT_SOURCE_DIR}/unit)
set(fuzz ${CMAKE_CURRENT_SOURCE_DIR}/fuzz)

protostar_test(test_tpm_evidence SOURCES ${unit}/test_tpm_evidence.c LINKS evidence_tpm)
protostar_test(test_protocol_tpm SOURCES ${unit}/test_protocol_tpm.c
  LINKS evidence_tpm crypto early_contract tools_lib
  ARGS ${CMAKE_SOURCE_DIR}/early/contract/PROTOCOL.md)
protostar_test(test_protocol_credential SOURCES ${unit}/test_protocol_credential.c
  LINKS evidence_tpm early_contract
  ARGS ${CMAKE_SOURCE_DIR}/early/contract/PROTOCOL.md)
protostar_test(test_tpm_swtpm SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/interop/test_tpm_swtpm.c
  LINKS evidence_tpm LABELS interop)
protostar_fuzz_target(fuzz_tpm_public SOURCES ${fuzz}/fuzz_tpm_public.c LINKS evidence_tpm)
protostar_fuzz_target(fuzz_tpm_quote SOURCES ${fuzz}/fuzz_tpm_quote.c LINKS evidence_tpm)

# Certificates: real ones with their verdicts, and a chain of the tests' own.
protostar_room(tpm_pki SOURCES ${unit}/evidence/tpm_pki.c LINKS evidence_tpm)
protostar_test(test_ek_samples SOURCES ${unit}/evidence/test_ek_samples.c LINKS tpm_pki
  ARGS ${unit}/data/evidence/tpm)
protostar_test(test_ek_certificates SOURCES ${unit}/evidence/test_ek_certificates.c LINKS tpm_pki)
protostar_test(test_tpm_firmware SOURCES ${unit}/evidence/test_tpm_firmware.c LINKS evidence_tpm)
protostar_test(test_tpm_kinds SOURCES ${unit}/evidence/test_tpm_kinds.c LINKS tpm_pki
  ARGS ${unit}/data/quotes)
protostar_fuzz_target(fuzz_ek_certificate SOURCES ${fuzz}/fuzz_ek_certificate.c LINKS tpm_pki)
protostar_test(test_key_kinds SOURCES ${unit}/test_key_kinds.c LINKS tpm_pki OpenSSL::SSL)
protostar_test(test_x509 SOURCES ${unit}/evidence/test_x509.c LINKS tpm_pki)
