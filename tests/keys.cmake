# SPDX-License-Identifier: GPL-2.0-or-later
# The key service as a process.
protostar_room(keys_process SOURCES interop/keys/keys_process.c LINKS tools_keys)
foreach(name test_keys_requests test_keys_file)
  protostar_test(${name} SOURCES interop/keys/${name}.c LINKS keys_process LABELS interop
    ARGS $<TARGET_FILE:protostar>)
  add_dependencies(${name} protostar)
endforeach()
add_library(dumpable MODULE interop/serve/dumpable.c)
target_link_libraries(dumpable PRIVATE protostar_warnings)
target_compile_definitions(dumpable PRIVATE _GNU_SOURCE)
protostar_test(test_serve_keys SOURCES interop/serve/test_serve_keys.c
  LINKS serve_setting keys_process LABELS interop
  ARGS $<TARGET_FILE:protostar> $<TARGET_FILE:dumpable>)
add_dependencies(test_serve_keys protostar dumpable)
protostar_test(test_kek_together SOURCES unit/test_kek_together.c LINKS tools_keys)
protostar_test(test_keys_closed SOURCES unit/test_keys_closed.c LINKS tools_keys)
foreach(name fuzz_keys_request fuzz_keys_reply fuzz_kek_file)
  protostar_fuzz_target(${name} SOURCES fuzz/${name}.c LINKS tools_keys)
endforeach()
