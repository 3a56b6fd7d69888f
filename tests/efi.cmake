# Tests of the stub and its contract.
add_library(pe_maker STATIC mock/pe_maker.c)
target_include_directories(pe_maker PUBLIC ${CMAKE_SOURCE_DIR})
target_link_libraries(pe_maker PRIVATE protostar_host_flags)

protostar_test(test_pe SOURCES unit/test_pe.c LINKS efi_contract pe_maker)
