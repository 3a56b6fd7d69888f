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
