# SPDX-License-Identifier: GPL-2.0-or-later
# cmake --build build/release --target tcb: the trusted base in lines and bytes, against its budgets.
if(TARGET protostar-early AND TARGET protostar-stub)
  find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
  add_custom_target(tcb
    COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/tcb.py
      ${CMAKE_BINARY_DIR} ${PROTOSTAR_STUB} $<TARGET_FILE:protostar-early>
    DEPENDS protostar-early protostar-stub
      tp_bearssl tp_mlkem tp_tss tp_cryptsetup tp_libdm tp_json_c tp_uuid
    USES_TERMINAL VERBATIM)
endif()
