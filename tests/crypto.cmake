# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of crypto/'s doors.
set(unit ${CMAKE_CURRENT_SOURCE_DIR}/unit)

protostar_test(test_secret SOURCES ${unit}/test_secret.c LINKS crypto)
foreach(door digest der key aead)
  protostar_test(test_${door} SOURCES ${unit}/test_${door}.c LINKS crypto)
endforeach()
protostar_test(test_kem SOURCES ${unit}/test_kem.c LINKS crypto
  ARGS ${unit}/data/mlkem/answers.txt)
protostar_test(test_kem_classical
  SOURCES ${unit}/test_kem_classical.c ${CMAKE_SOURCE_DIR}/crypto/kem.c
    ${CMAKE_SOURCE_DIR}/crypto/kem_classical.c
  LINKS crypto)
protostar_test(test_wrap SOURCES ${unit}/test_wrap.c LINKS crypto)
protostar_test(test_tls SOURCES ${unit}/test_tls.c LINKS tools_serve_tls)
set(protocol_page ${CMAKE_SOURCE_DIR}/early/contract/PROTOCOL.md)
protostar_test(test_protocol_keys SOURCES ${unit}/test_protocol_keys.c LINKS crypto
  ARGS ${protocol_page})

find_package(PkgConfig REQUIRED)
pkg_check_modules(JSON_C REQUIRED IMPORTED_TARGET json-c)
protostar_test(test_wycheproof SOURCES ${unit}/test_wycheproof.c LINKS crypto PkgConfig::JSON_C
  ARGS ${unit}/data/wycheproof)

# ML-KEM in constant time, compiled as for hosts and as for PID 1. Sanitizers and valgrind exclude
# each other, and valgrind cannot read what clang says about its programs.
if(PROTOSTAR_GUEST)
  find_program(PROTOSTAR_VALGRIND valgrind)
  foreach(level O2 Os)
    add_executable(time_kem_${level} ${unit}/time_kem.c
      ${CMAKE_SOURCE_DIR}/third_party/mlkem/mlkem768.c)
    target_include_directories(time_kem_${level} PRIVATE
      $<TARGET_PROPERTY:tp_mlkem,INTERFACE_SYSTEM_INCLUDE_DIRECTORIES>
      $<TARGET_PROPERTY:tp_mlkem,INCLUDE_DIRECTORIES>)
    target_link_libraries(time_kem_${level} PRIVATE tp_host_flags)
    target_compile_options(time_kem_${level} PRIVATE -${level})
    set(under ${PROTOSTAR_VALGRIND} -q --error-exitcode=9 $<TARGET_FILE:time_kem_${level}>)
    protostar_add_test(NAME time_kem_${level} COMMAND ${under})
    protostar_add_test(NAME time_kem_${level}_seen COMMAND ${under} x)
    set_tests_properties(time_kem_${level} time_kem_${level}_seen PROPERTIES LABELS unit TIMEOUT 120)
    set_tests_properties(time_kem_${level}_seen PROPERTIES
      PASS_REGULAR_EXPRESSION "depends on uninitialised")
  endforeach()
endif()

# Against other people's programs: OpenSSL.
set(interop ${CMAKE_CURRENT_SOURCE_DIR}/interop)

find_package(OpenSSL 3.0 REQUIRED)
protostar_test(test_tls_openssl
  SOURCES ${interop}/test_tls_openssl.c ${interop}/openssl_peer.c
  LINKS tools_serve_tls OpenSSL::SSL LABELS interop)
protostar_test(test_session_openssl
  SOURCES ${interop}/test_session_openssl.c ${interop}/openssl_peer.c
  LINKS tools_serve_tls OpenSSL::SSL LABELS interop)
protostar_test(test_tls_programs SOURCES ${interop}/test_tls_programs.c
  LINKS tools_serve_tls LABELS interop)

# Every parser of outside input. The TLS targets bring their own, fixed random bytes.
set(fuzz ${CMAKE_CURRENT_SOURCE_DIR}/fuzz)

protostar_fuzz_target(fuzz_der SOURCES ${fuzz}/fuzz_der.c LINKS crypto)
protostar_fuzz_target(fuzz_wrap SOURCES ${fuzz}/fuzz_wrap.c LINKS crypto)
set(fuzz_tls ${fuzz}/tls_session_fuzz.c ${fuzz}/fixed_random.c)
protostar_fuzz_target(fuzz_tls_client SOURCES ${fuzz}/fuzz_tls_client.c ${fuzz_tls} LINKS crypto)
protostar_fuzz_target(fuzz_tls_server
  SOURCES ${fuzz}/fuzz_tls_server.c ${fuzz}/tls_server_fuzz.c ${fuzz_tls} LINKS tools_serve_tls)
if(NOT PROTOSTAR_FUZZ)
  add_executable(record_tls_seeds EXCLUDE_FROM_ALL ${fuzz}/record_tls_seeds.c ${fuzz_tls}
    ${unit}/join/bearssl_server.c)
  target_link_libraries(record_tls_seeds PRIVATE protostar_host_flags crypto)
endif()
protostar_test(test_tls_seeds
  SOURCES ${unit}/test_tls_seeds.c ${fuzz}/tls_server_fuzz.c ${fuzz_tls} LINKS tools_serve_tls
  ARGS ${fuzz}/corpus)
