# SPDX-License-Identifier: GPL-2.0-or-later
# The parts of PID 1 that stand on the kernel alone.
foreach(part block config console dhcp dhcp6 gpt modules)
  protostar_test(test_early_${part} SOURCES unit/early/test_${part}.c LINKS early_base)
endforeach()
foreach(target fuzz_config fuzz_dhcp fuzz_dhcp6 fuzz_gpt fuzz_vpd)
  protostar_fuzz_target(${target} SOURCES fuzz/${target}.c LINKS early_base)
endforeach()
protostar_test(test_early_devices SOURCES unit/early/test_devices.c LINKS early_root)
protostar_test(test_early_entropy
  SOURCES unit/early/test_entropy.c ${CMAKE_SOURCE_DIR}/early/entropy.c
  LINKS early_base crypto tp_tss ${CMAKE_DL_LIBS})
protostar_test(test_early_root_disk SOURCES unit/early/test_root_disk.c LINKS early_root)

# Root, ip and dnsmasq make a network of their own.
foreach(part network leave interfaces path dhcp6_server)
  protostar_test(test_early_${part}
    SOURCES interop/test_early_${part}.c interop/network_scene.c
      ${CMAKE_SOURCE_DIR}/early/net/net_connect.c
    LINKS early_base LABELS interop)
endforeach()
# Root makes the namespaces; the test brings its own TPM.
protostar_test(test_early_namespaces
  SOURCES interop/test_early_namespaces.c ${CMAKE_SOURCE_DIR}/early/halt.c
  LINKS early_root tp_tss LABELS interop)
