# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of the stub and its contract. The stub's own files, all but the adaptor to UEFI, are built
# for the host here; the tests bring the port.
add_library(stub_host STATIC
  ${CMAKE_SOURCE_DIR}/efi/stub.c ${CMAKE_SOURCE_DIR}/efi/measure.c ${CMAKE_SOURCE_DIR}/efi/initrd.c
  ${CMAKE_SOURCE_DIR}/efi/kernel.c ${CMAKE_SOURCE_DIR}/efi/fail.c)
target_include_directories(stub_host PUBLIC ${CMAKE_SOURCE_DIR})
target_link_libraries(stub_host PRIVATE protostar_host_flags PUBLIC efi_contract)

add_library(stub_mock STATIC mock/pe_maker.c mock/uki_maker.c mock/firmware_mock.c)
target_include_directories(stub_mock PUBLIC ${CMAKE_SOURCE_DIR})
target_link_libraries(stub_mock PRIVATE protostar_host_flags PUBLIC stub_host)

protostar_test(test_pe SOURCES unit/test_pe.c LINKS stub_mock)
protostar_test(test_measured SOURCES unit/test_measured.c LINKS stub_mock)
protostar_test(test_stub_boot SOURCES unit/test_stub_boot.c LINKS stub_mock)
protostar_test(test_stub_kernel SOURCES unit/test_stub_kernel.c LINKS stub_mock)

# The adaptor, over the headers that the stub is built with, against fake tables in the test.
add_executable(test_stub_firmware unit/test_stub_firmware.c mock/uefi_mock.c
  ${CMAKE_SOURCE_DIR}/efi/firmware_uefi.c)
target_include_directories(test_stub_firmware PRIVATE ${CMAKE_SOURCE_DIR})
target_include_directories(test_stub_firmware SYSTEM PRIVATE ${PROTOSTAR_EFI_INCLUDE})
target_compile_definitions(test_stub_firmware PRIVATE GNU_EFI_USE_MS_ABI)
target_compile_options(test_stub_firmware PRIVATE -fshort-wchar)
target_link_libraries(test_stub_firmware PRIVATE protostar_host_flags stub_mock)
protostar_add_test(NAME test_stub_firmware COMMAND test_stub_firmware)
set_tests_properties(test_stub_firmware PROPERTIES LABELS unit TIMEOUT 300
  ENVIRONMENT "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1")

protostar_fuzz_target(fuzz_pe SOURCES fuzz/fuzz_pe.c LINKS efi_contract)
protostar_fuzz_target(fuzz_kernel_loader SOURCES fuzz/fuzz_kernel_loader.c LINKS stub_mock)

# What was built, not how: the file that the image builder takes.
protostar_test(test_stub_image SOURCES unit/test_stub_image.c LINKS efi_contract
  ARGS ${PROTOSTAR_STUB})
add_dependencies(test_stub_image protostar-stub)
protostar_add_test(NAME stub_elsewhere COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR}
  -DSTUB=${PROTOSTAR_STUB} -DWORK=${CMAKE_CURRENT_BINARY_DIR}/stub_elsewhere
  -P ${CMAKE_CURRENT_LIST_DIR}/unit/stub_elsewhere.cmake)
set_tests_properties(stub_elsewhere PROPERTIES LABELS unit TIMEOUT 300)

# PCR 11 is that of systemd-measure.
if(TARGET crypto)
  protostar_test(test_stub_systemd_measure SOURCES interop/test_stub_systemd_measure.c
    LINKS stub_mock crypto LABELS interop)
endif()

# The stub and the predictor, over 10,000 random images.
if(TARGET tools_measure)
  protostar_test(test_stub_predictor SOURCES unit/test_stub_predictor.c
    LINKS stub_mock tools_measure)
endif()
