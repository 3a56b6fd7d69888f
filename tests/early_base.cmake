# The parts of PID 1 that stand on the kernel alone.
foreach(part block config dhcp gpt modules)
  protostar_test(test_early_${part} SOURCES unit/early/test_${part}.c LINKS early_base)
endforeach()
foreach(target fuzz_config fuzz_dhcp fuzz_gpt)
  protostar_fuzz_target(${target} SOURCES fuzz/${target}.c LINKS early_base)
endforeach()
# Root, ip and dnsmasq make a network of their own.
protostar_test(test_early_network SOURCES interop/test_early_network.c LINKS early_base
  LABELS interop)
