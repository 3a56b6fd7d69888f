/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The adaptor against fake UEFI tables, with the real stub above it: the firmware's answers go in
 * at one end, the console line and what the firmware was asked come out at the other.
 */
#include "tests/mock/uefi_mock.h"
#include "tests/unit/test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct uefi_record seen;

static void run(struct uefi_script how)
{
	unsigned checks, failures;

	seen = uefi_mock_boot(&how);
	uefi_mock_checks(&checks, &failures);
	test_checks += checks;
	test_failures += failures;
	CHECK(seen.resets == 1);
}

static struct uefi_script sound(void)
{
	return (struct uefi_script){.tcg2 = true,
		.cc = true,
		.attributes = true,
		.allocations_left = 2,
		.tcg2_banks = 2,
		.cc_hashes = 4};
}

static void expect(struct uefi_script how, const char *code)
{
	char text[64];

	run(how);
	snprintf(text, sizeof(text), "protostar-stub: %s ", code);
	CHECK(strstr(seen.console, text));
	if (!strstr(seen.console, text))
		fprintf(stderr, "wanted %s, got %s\n", code, seen.console);
	CHECK(!seen.kernel_runs);
}

static void test_both_measurers(void)
{
	run(sound());
	CHECK(seen.tcg2_events == 10 && seen.cc_events == 10 && seen.cc_index == 3);
	CHECK(seen.kernel_runs == 1 && seen.attribute_calls);
	CHECK(!strcmp(seen.console,
		"protostar-stub: measured\r\nprotostar-stub: starting Linux\r\n"
		"protostar-stub: E148 the kernel came back instead of starting\r\n"));
}

static void test_one_measurer(void)
{
	struct uefi_script how = sound();

	how.cc = false;
	run(how);
	CHECK(seen.tcg2_events == 10 && !seen.cc_events && seen.kernel_runs == 1);
	how.cc = true;
	how.tcg2 = false;
	run(how);
	CHECK(!seen.tcg2_events && seen.cc_events == 10 && seen.kernel_runs == 1);
	how.tcg2 = true;
	how.tpm_absent = true;
	run(how);
	CHECK(!seen.tcg2_events && seen.cc_events == 10 && seen.kernel_runs == 1);
}

static void test_no_measurer(void)
{
	struct uefi_script how = sound();

	how.tcg2 = how.cc = false;
	expect(how, "E110");
	how.tcg2 = how.tpm_absent = true;
	expect(how, "E110");
}

static void test_full_log_is_no_failure(void)
{
	struct uefi_script how = sound();

	how.tcg2_extend = how.cc_extend = EFI_VOLUME_FULL;
	run(how);
	CHECK(seen.tcg2_events == 10 && seen.cc_events == 10 && seen.kernel_runs == 1);
}

static void test_measurement_failures(void)
{
	static const EFI_STATUS errors[] = {EFI_DEVICE_ERROR, EFI_UNSUPPORTED, EFI_NOT_FOUND,
		EFI_INVALID_PARAMETER, EFI_BUFFER_TOO_SMALL, EFI_OUT_OF_RESOURCES, EFI_NOT_READY,
		EFI_SECURITY_VIOLATION, 1};

	for (unsigned i = 0; i < COUNT(errors); i++) {
		struct uefi_script how = sound();

		how.tcg2_extend = errors[i];
		expect(how, "E113");
		CHECK(seen.tcg2_events == 1);
		how = sound();
		how.cc_extend = errors[i];
		expect(how, "E116");
		CHECK(!seen.tcg2_events && seen.cc_events == 1);
		how = sound();
		how.cc_map = errors[i];
		expect(how, "E115");
		how = sound();
		how.cc_capability = errors[i];
		expect(how, "E114");
		how = sound();
		how.tcg2_capability = errors[i];
		expect(how, "E111");
	}
}

static void test_capabilities(void)
{
	struct uefi_script how = sound();

	how.tcg2_banks = 0;
	expect(how, "E112");
	how = sound();
	how.tcg2_size = 28;
	expect(how, "E111");
	how = sound();
	how.cc_hashes = 0;
	expect(how, "E114");
}

static void test_lookup_failures(void)
{
	struct uefi_script how = sound();

	how.locate = EFI_DEVICE_ERROR;
	how.locate_which = &uefi_mock_tcg2;
	expect(how, "E118");
	how.locate_which = &uefi_mock_cc;
	expect(how, "E119");
	/* Success without an interface is a broken firmware, not an absent protocol. */
	how.locate = EFI_SUCCESS;
	how.locate_which = &uefi_mock_tcg2;
	expect(how, "E118");
	how = sound();
	how.loaded_image = EFI_UNSUPPORTED;
	expect(how, "E101");
}

static void test_initrd(void)
{
	struct uefi_script how = sound();

	how.initrd_there = true;
	expect(how, "E130");
	how = sound();
	how.locate_path = EFI_DEVICE_ERROR;
	expect(how, "E131");
	how = sound();
	how.install = EFI_ALREADY_STARTED;
	expect(how, "E132");
}

static void test_memory(void)
{
	struct uefi_script how = sound();

	how.allocations_left = 0;
	expect(how, "E147");
	how = sound();
	how.allocations_left = 1;
	expect(how, "E145");
}

static void test_memory_attributes(void)
{
	static const UINT32 read = MEMORY_RO | MEMORY_XP, execute = MEMORY_RO, write = MEMORY_XP;
	const UINT32 want[] = {read, read, execute, execute, write, write, write};

	run(sound());
	CHECK(seen.kernel_runs == 1);
	CHECK_BYTES(seen.forbidden, want, sizeof(want));
}

static void test_without_memory_attributes(void)
{
	struct uefi_script how = sound();

	how.attributes = false;
	run(how);
	CHECK(seen.kernel_runs == 1 && !seen.attribute_calls);
}

static void test_memory_attribute_failures(void)
{
	struct uefi_script how = sound();

	how.clear_attributes = EFI_UNSUPPORTED;
	run(how);
	CHECK(strstr(seen.console, "E146") && !seen.kernel_runs);
	how = sound();
	how.set_attributes = EFI_ACCESS_DENIED;
	run(how);
	CHECK(strstr(seen.console, "E146") && !seen.kernel_runs);
	how = sound();
	how.locate = EFI_DEVICE_ERROR;
	how.locate_which = &uefi_mock_attributes;
	run(how);
	CHECK(strstr(seen.console, "E149") && !seen.kernel_runs);
}

static void test_without_console(void)
{
	struct uefi_script how = sound();

	how.no_console = true;
	run(how);
	CHECK(seen.kernel_runs == 1 && !seen.console[0]);
}

int main(void)
{
	RUN(test_both_measurers);
	RUN(test_one_measurer);
	RUN(test_no_measurer);
	RUN(test_full_log_is_no_failure);
	RUN(test_measurement_failures);
	RUN(test_capabilities);
	RUN(test_lookup_failures);
	RUN(test_initrd);
	RUN(test_memory);
	RUN(test_memory_attributes);
	RUN(test_without_memory_attributes);
	RUN(test_memory_attribute_failures);
	RUN(test_without_console);
	return test_summary();
}
