# SPDX-License-Identifier: GPL-2.0-or-later
# How a room is built.
#
# Host flags (protostar_host_flags): warnings as errors, hardening, optional sanitizers or coverage.
# Guest flags (protostar_guest_flags, made by third_party/ on top of musl): what PID 1 links.
#
#   protostar_room(NAME SOURCES a.c b.c [INCLUDES dir...] [LINKS lib...] [GUEST])
#       makes the static library NAME for host tools and tests and, with GUEST, NAME_guest for
#       PID 1 from the same sources. Each library X in LINKS must exist as X, and as X_guest
#       where GUEST is given.
#   protostar_add_test(NAME name COMMAND word...)
#       add_test() of a command that is held by tests/leash.c, so that nothing outlives it.
#   protostar_test(NAME SOURCES a.c... [LINKS lib...] [LABELS l...] [ARGS ...])
#       a host test program registered with ctest (label "unit" unless told).
#   protostar_fuzz_target(NAME SOURCES a.c... [LINKS lib...])
#       tests/fuzz/NAME.c defines LLVMFuzzerTestOneInput; ctest replays its corpus
#       (tests/fuzz/corpus/NAME/) in every preset, and runs it live in the fuzz preset.

add_library(protostar_warnings INTERFACE)
target_compile_options(protostar_warnings INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
  -Wmissing-prototypes -Wold-style-definition -Wcast-qual -Wwrite-strings -Wundef -Wvla
  -Wpointer-arith -Wformat=2 -Wnull-dereference -Wimplicit-fallthrough -Wredundant-decls
  $<$<C_COMPILER_ID:Clang>:-Wno-string-conversion>)

add_library(protostar_host_flags INTERFACE)
target_link_libraries(protostar_host_flags INTERFACE protostar_warnings)
target_compile_definitions(protostar_host_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
target_compile_options(protostar_host_flags INTERFACE
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${CMAKE_BINARY_DIR}=build
  -fstack-protector-strong -fstack-clash-protection
  -fcf-protection=full -fPIE -g)
target_link_options(protostar_host_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
if(PROTOSTAR_SANITIZE)
  # -O1 keeps the tests quick; the two warnings see the sanitizers' checks, not the code.
  set(_san -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(protostar_host_flags INTERFACE ${_san} -Wno-null-dereference
    $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>)
  target_link_options(protostar_host_flags INTERFACE -fsanitize=address,undefined)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(protostar_host_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(PROTOSTAR_COVERAGE)
  target_compile_options(protostar_host_flags INTERFACE --coverage -O0)
  target_link_options(protostar_host_flags INTERFACE --coverage)
endif()
if(PROTOSTAR_FUZZ)
  target_compile_options(protostar_host_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

function(protostar_room name)
  cmake_parse_arguments(R "GUEST" "" "SOURCES;INCLUDES;LINKS" ${ARGN})
  add_library(${name} STATIC ${R_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR} ${R_INCLUDES})
  target_link_libraries(${name} PRIVATE protostar_host_flags PUBLIC ${R_LINKS})
  if(R_GUEST)
    add_library(${name}_guest STATIC EXCLUDE_FROM_ALL ${R_SOURCES})
    target_include_directories(${name}_guest PUBLIC ${CMAKE_SOURCE_DIR} ${R_INCLUDES})
    set(links ${R_LINKS})
    list(TRANSFORM links APPEND _guest)
    target_link_libraries(${name}_guest
      PRIVATE protostar_warnings protostar_guest_flags PUBLIC ${links})
  endif()
endfunction()

function(protostar_add_test)
  cmake_parse_arguments(A "" "NAME" "COMMAND" ${ARGN})
  list(POP_FRONT A_COMMAND program)
  if(TARGET ${program})
    add_dependencies(${program} leash)
    set(program $<TARGET_FILE:${program}>)
  endif()
  add_test(NAME ${A_NAME} COMMAND leash ${program} ${A_COMMAND})
endfunction()

function(protostar_test name)
  cmake_parse_arguments(T "" "" "SOURCES;LINKS;LABELS;ARGS" ${ARGN})
  add_executable(${name} ${T_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE protostar_host_flags ${T_LINKS})
  protostar_add_test(NAME ${name} COMMAND ${name} ${T_ARGS})
  if(NOT T_LABELS)
    set(T_LABELS unit)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${T_LABELS}" TIMEOUT 900
    ENVIRONMENT "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1")
endfunction()

set(PROTOSTAR_FUZZ_SECONDS 10 CACHE STRING "How long each live fuzz target runs in ctest")

function(protostar_fuzz_target name)
  cmake_parse_arguments(F "" "" "SOURCES;LINKS" ${ARGN})
  set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  set(sources ${F_SOURCES})
  if(NOT PROTOSTAR_FUZZ)
    list(APPEND sources ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.c)
  endif()
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE protostar_host_flags ${F_LINKS})
  if(PROTOSTAR_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz/${name})
    protostar_add_test(NAME ${name} COMMAND ${name} -max_total_time=${PROTOSTAR_FUZZ_SECONDS}
      -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 ${CMAKE_BINARY_DIR}/fuzz/${name} ${corpus})
  else()
    protostar_add_test(NAME ${name} COMMAND ${name} ${corpus})
  endif()
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 300
    ENVIRONMENT "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1")
endfunction()
