# SPDX-License-Identifier: GPL-2.0-or-later
# third_party/: what the guest toolchain makes, and the libraries where we changed or adapted them.
if(PROTOSTAR_GUEST)
  protostar_guest_executable(guest_hello SOURCES third_party/hello.c)
  protostar_add_test(NAME guest_hello COMMAND guest_hello)
  set_tests_properties(guest_hello PROPERTIES LABELS unit
    PASS_REGULAR_EXPRESSION "^hello from the guest")
endif()

protostar_test(test_luks_backend SOURCES unit/test_luks_backend.c
  LINKS tp_cryptsetup tp_cryptsetup_backend tp_json_c
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/wycheproof)

add_executable(luks_tool interop/luks_tool.c)
target_include_directories(luks_tool PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(luks_tool PRIVATE protostar_host_flags tp_cryptsetup)
protostar_add_test(NAME interop_luks COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/interop/luks $<TARGET_FILE:luks_tool>)
set_tests_properties(interop_luks PROPERTIES LABELS interop TIMEOUT 300)

# The same comparison with what PID 1 will run: musl, static-pie, LTO.
if(PROTOSTAR_GUEST)
  protostar_guest_executable(guest_luks_tool SOURCES interop/luks_tool.c LINKS tp_cryptsetup_guest)
  protostar_add_test(NAME interop_luks_guest
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/interop/luks $<TARGET_FILE:guest_luks_tool>)
  set_tests_properties(interop_luks_guest PROPERTIES LABELS interop TIMEOUT 300)
endif()

add_executable(test_tpm interop/test_tpm.c interop/tpm_rig.c interop/swtpm_ready.c)
target_include_directories(test_tpm PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(test_tpm PRIVATE protostar_host_flags
  early_tpm_frame crypto_tpm evidence_tpm tp_tss_swtpm)
protostar_add_test(NAME interop_tpm COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/interop/tpm $<TARGET_FILE:test_tpm>)
set_tests_properties(interop_tpm PROPERTIES LABELS interop TIMEOUT 300)

protostar_test(test_tss SOURCES unit/test_tss.c LINKS tp_tss)
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
protostar_add_test(NAME audit-tss COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/audit/tss.py ${CMAKE_BINARY_DIR})
set_tests_properties(audit-tss PROPERTIES LABELS audit TIMEOUT 120)
protostar_test(test_tpm_frame SOURCES unit/test_tpm_frame.c LINKS early_tpm_frame)
protostar_fuzz_target(fuzz_tpm_frame SOURCES fuzz/fuzz_tpm_frame.c LINKS early_tpm_frame)
protostar_test(test_tpm_callbacks SOURCES unit/test_tpm_callbacks.c LINKS crypto_tpm)

# The trusted base must fit its budgets; cmake --build BUILD --target tcb shows it.
if(TARGET tcb)
  protostar_add_test(NAME audit-tcb COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/tools/cmake/tcb.py
    --check ${CMAKE_BINARY_DIR} ${PROTOSTAR_STUB} $<TARGET_FILE:protostar-early>)
  set_tests_properties(audit-tcb PROPERTIES LABELS audit TIMEOUT 120)
endif()

protostar_add_test(NAME interop_fetch COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/interop/fetch
  ${CMAKE_SOURCE_DIR}/build/sources/tarballs)
set_tests_properties(interop_fetch PROPERTIES LABELS interop TIMEOUT 60)
