# SPDX-License-Identifier: GPL-2.0-or-later
# Benchmarks: built with everything else so that they stay right, run by tests/bench/run alone.
add_executable(bench_join bench/join.c bench/idle.c bench/node.c)
target_include_directories(bench_join PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(bench_join PRIVATE protostar_host_flags serve_setting tpm_pki
  OpenSSL::SSL)
add_dependencies(bench_join stopped_clock)
add_executable(bench_seal bench/seal.c)
target_include_directories(bench_seal PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(bench_seal PRIVATE protostar_host_flags tools_keys)
if(PROTOSTAR_GUEST)
  protostar_guest_executable(bench_state_io SOURCES bench/state_io.c)
  protostar_guest_executable(bench_wrap SOURCES bench/wrap.c LINKS crypto_guest)
endif()
