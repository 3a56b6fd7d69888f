# SPDX-License-Identifier: GPL-2.0-or-later
# The operator's side: init, recover, and what they leave behind.
protostar_test(test_ledger SOURCES unit/test_ledger.c LINKS tools_bundle)
protostar_fuzz_target(fuzz_ledger SOURCES fuzz/fuzz_ledger.c LINKS tools_bundle)
protostar_room(operator_scene SOURCES interop/operator/scene.c LINKS serve_setting)
foreach(name test_operator_init test_operator_recover test_operator_standby)
  protostar_test(${name} SOURCES interop/operator/${name}.c LINKS operator_scene tools_bundle
    LABELS interop ARGS $<TARGET_FILE:protostar>)
  add_dependencies(${name} protostar)
endforeach()
add_library(dying MODULE interop/operator/dying.c)
target_link_libraries(dying PRIVATE protostar_warnings ${CMAKE_DL_LIBS})
target_compile_definitions(dying PRIVATE _GNU_SOURCE)
protostar_test(test_operator_found SOURCES interop/operator/test_operator_found.c
  LINKS operator_scene tools_bundle LABELS interop
  ARGS $<TARGET_FILE:protostar> $<TARGET_FILE:dying>)
add_dependencies(test_operator_found protostar dying)
