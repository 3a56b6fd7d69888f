# What stubs measure, and the reader that their images go through.
foreach(test stub_dialects stub_initrd)
  protostar_test(test_${test} SOURCES unit/measure/test_${test}.c LINKS stub_mock measure_stub)
endforeach()
