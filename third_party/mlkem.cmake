# SPDX-License-Identifier: GPL-2.0-or-later
# ML-KEM-768 of libcrux: one header, which OpenSSH carries. Nothing else of OpenSSH is used.
protostar_source(openssh)

function(_mlkem_library name flags)
  add_library(${name} STATIC ${ARGN} mlkem/mlkem768.c)
  target_include_directories(${name} SYSTEM INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/mlkem)
  target_include_directories(${name} PRIVATE ${OPENSSH_SOURCE})
  target_link_libraries(${name} PRIVATE ${flags})
endfunction()

_mlkem_library(tp_mlkem tp_host_flags)
if(PROTOSTAR_GUEST)
  _mlkem_library(tp_mlkem_guest tp_guest_flags EXCLUDE_FROM_ALL)
endif()
