# Tests of crypto/'s doors.
set(unit ${CMAKE_CURRENT_SOURCE_DIR}/unit)

protostar_test(test_secret SOURCES ${unit}/test_secret.c LINKS crypto)
protostar_test(test_key SOURCES ${unit}/test_key.c LINKS crypto)
protostar_test(test_tls SOURCES ${unit}/test_tls.c LINKS crypto_service)
protostar_test(test_tpm_evidence SOURCES ${unit}/test_tpm_evidence.c LINKS crypto_service)
