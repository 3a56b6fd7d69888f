# Tests of crypto/'s doors.
set(unit ${CMAKE_CURRENT_SOURCE_DIR}/unit)

protostar_test(test_secret SOURCES ${unit}/test_secret.c LINKS crypto)
protostar_test(test_key SOURCES ${unit}/test_key.c LINKS crypto)
protostar_test(test_tls SOURCES ${unit}/test_tls.c LINKS crypto_service)
protostar_test(test_tpm_evidence SOURCES ${unit}/test_tpm_evidence.c LINKS crypto_service)

find_package(PkgConfig REQUIRED)
pkg_check_modules(JSON_C REQUIRED IMPORTED_TARGET json-c)
protostar_test(test_wycheproof SOURCES ${unit}/test_wycheproof.c LINKS crypto PkgConfig::JSON_C
  ARGS ${unit}/data/wycheproof)

# Against other people's programs: swtpm with tpm2-tools, OpenSSL.
set(interop ${CMAKE_CURRENT_SOURCE_DIR}/interop)

protostar_test(test_tpm_swtpm SOURCES ${interop}/test_tpm_swtpm.c LINKS crypto_service
  LABELS interop)
find_package(OpenSSL 3.0 REQUIRED)
protostar_test(test_tls_openssl
  SOURCES ${interop}/test_tls_openssl.c ${interop}/openssl_peer.c
  LINKS crypto_service OpenSSL::SSL LABELS interop)
protostar_test(test_tls_programs SOURCES ${interop}/test_tls_programs.c
  LINKS crypto_service LABELS interop)
