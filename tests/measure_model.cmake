# SPDX-License-Identifier: GPL-2.0-or-later
# The model of a boot that all of `protostar measure` stands on.
protostar_test(test_boot SOURCES unit/measure/test_boot.c LINKS measure_model)
