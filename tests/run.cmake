# SPDX-License-Identifier: GPL-2.0-or-later
# `protostar run`; its boots are in vm.cmake.
foreach(part run_machine run_options guest_report)
  protostar_test(test_${part} SOURCES unit/run/test_${part}.c LINKS tools_run)
endforeach()
protostar_test(test_run_files SOURCES unit/run/test_run_files.c LINKS tools_run firmware_makers)
protostar_fuzz_target(fuzz_guest_report SOURCES fuzz/fuzz_guest_report.c LINKS tools_run)
