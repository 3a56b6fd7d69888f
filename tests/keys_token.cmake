# SPDX-License-Identifier: GPL-2.0-or-later
# KEKs in a PKCS#11 token.
find_package(PkgConfig REQUIRED)
pkg_check_modules(p11_kit REQUIRED p11-kit-1)
protostar_test(test_pkcs11_uri SOURCES unit/test_pkcs11_uri.c LINKS tools_keys)
protostar_fuzz_target(fuzz_pkcs11_uri SOURCES fuzz/fuzz_pkcs11_uri.c LINKS tools_keys)

# Against SoftHSM, and a module in front of it that fails on demand.
add_library(faulty_token MODULE interop/keys/faulty_token.c)
target_link_libraries(faulty_token PRIVATE protostar_warnings ${CMAKE_DL_LIBS})
target_include_directories(faulty_token PRIVATE ${p11_kit_INCLUDE_DIRS})
target_compile_definitions(faulty_token PRIVATE _GNU_SOURCE)
add_executable(token_tool interop/keys/token_tool.c)
target_link_libraries(token_tool PRIVATE protostar_host_flags tools_keys)
protostar_room(token_setting SOURCES interop/keys/token_setting.c LINKS tools_lib)
foreach(name test_keys_token test_keys_token_faults)
  protostar_test(${name} SOURCES interop/keys/${name}.c LINKS token_setting tools_keys
    LABELS interop ARGS $<TARGET_FILE:token_tool> $<TARGET_FILE:faulty_token>)
  add_dependencies(${name} token_tool faulty_token)
endforeach()
protostar_test(test_keys_module SOURCES interop/keys/test_keys_module.c
  LINKS token_setting keys_process LABELS interop
  ARGS $<TARGET_FILE:token_tool> $<TARGET_FILE:faulty_token> $<TARGET_FILE:protostar>)
add_dependencies(test_keys_module token_tool faulty_token)
protostar_test(test_serve_token SOURCES interop/serve/test_serve_token.c
  LINKS serve_setting token_setting LABELS interop
  ARGS $<TARGET_FILE:protostar> $<TARGET_FILE:token_tool> $<TARGET_FILE:faulty_token>)
add_dependencies(test_serve_token token_tool faulty_token)
