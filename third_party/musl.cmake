# SPDX-License-Identifier: GPL-2.0-or-later
# musl and the flags of everything that runs inside PID 1.
protostar_source(musl)

include(ProcessorCount)
ProcessorCount(_jobs)
find_program(PROTOSTAR_MAKE NAMES gmake make REQUIRED)
set(_musl ${CMAKE_CURRENT_BINARY_DIR}/musl)
set(_crt ${_musl}/lib/rcrt1.o ${_musl}/lib/crti.o ${_musl}/lib/crtn.o)
add_custom_command(OUTPUT ${_musl}/lib/libc.a ${_crt}
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/build-musl ${MUSL_SOURCE} ${CMAKE_CURRENT_BINARY_DIR}/musl-build
    ${_musl} ${CMAKE_C_COMPILER} ${_jobs}
  DEPENDS build-musl ${MUSL_SOURCE}/VERSION
  COMMENT "Building musl" VERBATIM)
add_custom_target(tp_musl DEPENDS ${_musl}/lib/libc.a ${_crt})

# Of the machine's headers the guest sees the kernel's and the compiler's own, never another libc's.
set(_uapi ${CMAKE_CURRENT_BINARY_DIR}/uapi)
find_path(_uapi_linux linux/if_alg.h REQUIRED NO_CACHE)
find_path(_uapi_asm asm/unistd.h REQUIRED NO_CACHE)
file(MAKE_DIRECTORY ${_uapi})
file(CREATE_LINK ${_uapi_linux}/linux ${_uapi}/linux SYMBOLIC)
file(CREATE_LINK ${_uapi_linux}/asm-generic ${_uapi}/asm-generic SYMBOLIC)
file(CREATE_LINK ${_uapi_asm}/asm ${_uapi}/asm SYMBOLIC)
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
  OUTPUT_VARIABLE _gcc_include OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

# Archives of LTO objects need the archiver that has the compiler's plugin.
set(CMAKE_AR ${CMAKE_C_COMPILER_AR} CACHE FILEPATH "The compiler's own archiver" FORCE)
set(CMAKE_RANLIB ${CMAKE_C_COMPILER_RANLIB} CACHE FILEPATH "The compiler's own ranlib" FORCE)

set(_guest_code_flags -Os -g0 -fPIE -flto -ffunction-sections -fdata-sections -fvisibility=hidden
  -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident -fno-common
  -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${CMAKE_BINARY_DIR}/=build/)

add_library(protostar_guest_flags INTERFACE)
add_dependencies(protostar_guest_flags tp_musl)
target_compile_definitions(protostar_guest_flags INTERFACE
  _GNU_SOURCE _FILE_OFFSET_BITS=64 PROTOSTAR_GUEST=1)
target_compile_options(protostar_guest_flags INTERFACE ${_guest_code_flags}
  -nostdinc "SHELL:-isystem ${_musl}/include" "SHELL:-isystem ${_gcc_include}"
  "SHELL:-isystem ${_uapi}")

# Their code in the guest: the same flags, without our warnings and their assertions.
add_library(tp_guest_flags INTERFACE)
target_link_libraries(tp_guest_flags INTERFACE protostar_guest_flags)
target_compile_options(tp_guest_flags INTERFACE -w)
target_compile_definitions(tp_guest_flags INTERFACE NDEBUG)

# protostar_guest_executable(NAME SOURCES a.c... [LINKS lib...])
#
# A program for PID 1's place: static-pie on musl, LTO over everything linked, stripped. Beside the
# file NAME stand NAME.unstripped, for debuggers, and NAME.map, the linker's account of it.
function(protostar_guest_executable name)
  cmake_parse_arguments(G "" "" "SOURCES;LINKS" ${ARGN})
  get_property(musl GLOBAL PROPERTY PROTOSTAR_MUSL)
  get_property(flags GLOBAL PROPERTY PROTOSTAR_GUEST_CODE_FLAGS)
  add_executable(${name} ${G_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF
    LINK_DEPENDS ${musl}/lib/libc.a)
  target_link_options(${name} PRIVATE ${flags} -flto-partition=one -nostdlib -static-pie
    ${musl}/lib/rcrt1.o ${musl}/lib/crti.o
    -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--gc-sections,--build-id=none
    -Wl,--fatal-warnings,-Map=$<TARGET_FILE:${name}>.map)
  target_link_libraries(${name} PRIVATE protostar_guest_flags ${G_LINKS}
    -Wl,--start-group ${musl}/lib/libc.a -lgcc -Wl,--end-group ${musl}/lib/crtn.o)
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:${name}> $<TARGET_FILE:${name}>.unstripped
    COMMAND ${CMAKE_STRIP} -s -R .comment -R .note.gnu.property -R .note.ABI-tag
      $<TARGET_FILE:${name}>
    VERBATIM)
endfunction()
set_property(GLOBAL PROPERTY PROTOSTAR_MUSL ${_musl})
set_property(GLOBAL PROPERTY PROTOSTAR_GUEST_CODE_FLAGS "${_guest_code_flags}")
