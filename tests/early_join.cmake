# SPDX-License-Identifier: GPL-2.0-or-later
# The join protocol and the node's side of it: codecs, TPM, join client, state disk.
protostar_test(test_messages
  SOURCES unit/test_messages.c unit/message_recode.c
  LINKS early_contract
  ARGS ${CMAKE_SOURCE_DIR}/early/contract/PROTOCOL.md)
protostar_fuzz_target(fuzz_messages
  SOURCES fuzz/fuzz_messages.c unit/message_recode.c
  LINKS early_contract)
protostar_test(test_join
  SOURCES unit/join/test_join.c unit/join/scripted_service.c unit/join/bearssl_server.c
    unit/join/fakes.c
  LINKS early_join tools_serve)
protostar_test(test_listen
  SOURCES unit/join/test_listen.c unit/join/scripted_service.c unit/join/bearssl_server.c
    unit/join/fakes.c
  LINKS early_join tools_serve)
protostar_test(test_service_evidence
  SOURCES unit/join/test_service_evidence.c LINKS early_join tools_serve)
protostar_fuzz_target(fuzz_service_evidence
  SOURCES fuzz/fuzz_service_evidence.c LINKS early_join crypto)
protostar_test(test_early_tpm
  SOURCES interop/test_early_tpm.c interop/swtpm_ready.c interop/tpm_fault.c
  LINKS early_tpm evidence_tpm tp_tss_swtpm
  LABELS interop)
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
add_executable(early_ek interop/early_ek.c interop/swtpm_ready.c interop/tpm_fault.c)
target_link_libraries(early_ek PRIVATE protostar_host_flags early_tpm tp_tss_swtpm)
set(ek_cases Kinds Faults Lies Chains Google)
if("hcl" IN_LIST PROTOSTAR_EVIDENCE)
  list(APPEND ek_cases Azure)
endif()
foreach(case ${ek_cases})
  string(TOLOWER early-ek-${case} name)
  protostar_add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} -B
    ${CMAKE_CURRENT_SOURCE_DIR}/interop/early_ek.py $<TARGET_FILE:early_ek> ${case})
  set_tests_properties(${name} PROPERTIES LABELS interop TIMEOUT 900)
endforeach()
find_package(PkgConfig REQUIRED)
pkg_check_modules(FUSE3 REQUIRED IMPORTED_TARGET fuse3)
protostar_test(test_tee
  SOURCES interop/test_tee.c mock/tsm_fs.c unit/join/fakes.c unit/join/scripted_service.c unit/join/bearssl_server.c
  LINKS early_join tools_serve PkgConfig::FUSE3 LABELS interop)
protostar_test(test_handoff SOURCES unit/join/test_handoff.c LINKS early_state)

# PID 1 of a guest: the state disk needs the kernel's device mapper.
if(PROTOSTAR_GUEST)
  protostar_guest_executable(guest_state_disk SOURCES guest/state_disk.c
    LINKS early_state_guest)
  find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
  protostar_add_test(NAME vm-state-disk COMMAND ${Python3_EXECUTABLE} -B
    ${CMAKE_CURRENT_SOURCE_DIR}/vm/state_disk.py ${CMAKE_BINARY_DIR}
    $<TARGET_FILE:guest_state_disk>)
  set_tests_properties(vm-state-disk PROPERTIES LABELS vm TIMEOUT 900
    FIXTURES_REQUIRED vm-base)
endif()

protostar_test(test_state_header
  SOURCES unit/join/test_state_header.c unit/join/luks_edit.c
  LINKS early_state)
protostar_test(test_state_rotate
  SOURCES unit/join/test_state_rotate.c unit/join/luks_edit.c
  LINKS early_state)
protostar_fuzz_target(fuzz_luks_profile
  SOURCES fuzz/fuzz_luks_profile.c unit/join/luks_edit.c
  LINKS early_state)
