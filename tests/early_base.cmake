# The parts of PID 1 that stand on the kernel alone.
foreach(part config gpt modules)
  protostar_test(test_early_${part} SOURCES unit/early/test_${part}.c LINKS early_base)
endforeach()
foreach(target fuzz_config fuzz_gpt)
  protostar_fuzz_target(${target} SOURCES fuzz/${target}.c LINKS early_base)
endforeach()
