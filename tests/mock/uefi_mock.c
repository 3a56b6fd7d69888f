/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/mock/uefi_mock.h"

#include "efi/firmware_uefi.h"
#include "tests/mock/uki_maker.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

const EFI_GUID uefi_mock_tcg2 = GUID_TCG2, uefi_mock_cc = GUID_CC,
	       uefi_mock_attributes = GUID_MEMORY_ATTRIBUTE;

static const EFI_GUID loaded_image_guid = GUID_LOADED_IMAGE, device_path_guid = GUID_DEVICE_PATH,
		      load_file2_guid = GUID_LOAD_FILE2, initrd_guid = GUID_LINUX_INITRD;

static const struct uefi_script *script;
static struct uefi_record seen;
static unsigned allocations_left;
static UINT32 last_pcr, last_type;
static EFI_PHYSICAL_ADDRESS code_base; /* of the kernel's pages */
static UINT32 attributes_of[8];	       /* of each of them */
static EFI_LOADED_IMAGE_PROTOCOL loaded, loaded_before;
static EFI_HANDLE image_handle = &loaded;
static EFI_LOAD_FILE_PROTOCOL *load_file;
static EFI_DEVICE_PATH *load_file_path;
static EFI_SYSTEM_TABLE table;

/* What is left of a boot that was switched off. */
static struct left {
	struct uefi_record seen;
	unsigned checks, failures;
} * left;

static bool same_guid(const EFI_GUID *a, const EFI_GUID *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* The head and text of an event, checked against the specification's layout byte by byte. */
static void check_event(const void *event, UINT64 flags, UINT32 *out_index)
{
	const uint8_t *e = event;
	uint32_t size = get32(e);

	CHECK(!flags);
	CHECK(size > 18 && size <= 18 + FIRMWARE_TEXT_MAX && size % 2 == 0);
	CHECK(get32(e + 4) == 14 && e[8] == 1 && e[9] == 0);
	*out_index = get32(e + 10);
	last_type = get32(e + 14);
	CHECK(e[18] == '.' && !e[19] && !e[size - 1] && !e[size - 2]);
}

static EFI_STATUS EFIAPI tcg2_get_capability(struct tcg2_protocol *this, struct tcg2_capability *c)
{
	CHECK(this && c->size == 36 && sizeof(*c) == 36);
	if (script->tcg2_capability)
		return script->tcg2_capability;
	*c = (struct tcg2_capability){.size = script->tcg2_size ? script->tcg2_size : 36,
		.structure_version = {1, 1},
		.tpm_present = !script->tpm_absent,
		.active_banks = script->tcg2_banks};
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI tcg2_extend(struct tcg2_protocol *this, UINT64 flags,
	EFI_PHYSICAL_ADDRESS data, UINT64 len, struct measurement_event *event)
{
	CHECK(this && data && len);
	check_event(event, flags, &last_pcr);
	CHECK(last_pcr == 11 && last_type == EV_IPL);
	seen.tcg2_events++;
	return script->tcg2_extend;
}

static EFI_STATUS EFIAPI cc_get_capability(struct cc_protocol *this, struct cc_capability *c)
{
	CHECK(this && c->size == 20 && sizeof(*c) == 20);
	*c = (struct cc_capability){.size = 20, .hash_algorithms = script->cc_hashes, .type = 2};
	return script->cc_capability;
}

static EFI_STATUS EFIAPI cc_extend(struct cc_protocol *this, UINT64 flags,
	EFI_PHYSICAL_ADDRESS data, UINT64 len, struct measurement_event *event)
{
	CHECK(this && data && len);
	check_event(event, flags, &seen.cc_index);
	seen.cc_events++;
	return script->cc_extend;
}

static EFI_STATUS EFIAPI cc_map(struct cc_protocol *this, UINT32 pcr, UINT32 *out_index)
{
	CHECK(this && pcr == 11);
	*out_index = 3;
	return script->cc_map;
}

static struct tcg2_protocol tcg2 = {tcg2_get_capability, NULL, tcg2_extend};
static struct cc_protocol cc = {cc_get_capability, NULL, cc_extend, cc_map};

/* Turns the attributes into those of the host's own page tables, so that they really bind. */
static EFI_STATUS attribute_change(EFI_PHYSICAL_ADDRESS base, UINT64 len, UINT64 bits, bool set)
{
	UINT32 *page = &attributes_of[(base - code_base) / 4096];

	seen.attribute_calls++;
	CHECK(base % 4096 == 0 && len % 4096 == 0 && len && bits);
	CHECK(!(bits & ~(UINT64)(MEMORY_RO | MEMORY_XP)));
	if (base < code_base || base - code_base + len > sizeof(attributes_of) / 4 * 4096)
		return EFI_INVALID_PARAMETER;
	for (UINT64 i = 0; i < len / 4096; i++) {
		int protection = PROT_READ;

		page[i] = set ? page[i] | (UINT32)bits : page[i] & ~(UINT32)bits;
		protection |= page[i] & MEMORY_RO ? 0 : PROT_WRITE;
		protection |= page[i] & MEMORY_XP ? 0 : PROT_EXEC;
		if (mprotect((void *)(uintptr_t)(base + i * 4096), 4096, protection))
			return EFI_INVALID_PARAMETER;
	}
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_attributes(
	struct memory_attribute_protocol *this, EFI_PHYSICAL_ADDRESS base, UINT64 len, UINT64 bits)
{
	CHECK(this != NULL);
	return script->set_attributes ? script->set_attributes
				      : attribute_change(base, len, bits, true);
}

static EFI_STATUS EFIAPI clear_attributes(
	struct memory_attribute_protocol *this, EFI_PHYSICAL_ADDRESS base, UINT64 len, UINT64 bits)
{
	CHECK(this != NULL);
	return script->clear_attributes ? script->clear_attributes
					: attribute_change(base, len, bits, false);
}

static struct memory_attribute_protocol attributes = {NULL, set_attributes, clear_attributes};

static EFI_STATUS EFIAPI locate_protocol(EFI_GUID *guid, VOID *registration, VOID **out)
{
	CHECK(!registration);
	if (script->locate_which && same_guid(guid, script->locate_which))
		return script->locate;
	if (script->tcg2 && same_guid(guid, &uefi_mock_tcg2))
		*out = &tcg2;
	else if (script->cc && same_guid(guid, &uefi_mock_cc))
		*out = &cc;
	else if (script->attributes && same_guid(guid, &uefi_mock_attributes))
		*out = &attributes;
	else
		return EFI_NOT_FOUND;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **out)
{
	CHECK(handle == image_handle && same_guid(guid, &loaded_image_guid));
	*out = &loaded;
	return script->loaded_image;
}

/* The path that Linux looks for: vendor media node of 20 bytes, then the end node. */
static bool is_initrd_path(const EFI_DEVICE_PATH *path)
{
	static const uint8_t end[] = {0x7f, 0xff, 4, 0};
	const uint8_t *p = (const uint8_t *)path;

	return p[0] == 4 && p[1] == 3 && p[2] == 20 && p[3] == 0 &&
	       !memcmp(p + 4, &initrd_guid, 16) && !memcmp(p + 20, end, 4);
}

static EFI_STATUS EFIAPI locate_device_path(EFI_GUID *guid, EFI_DEVICE_PATH **path, EFI_HANDLE *out)
{
	CHECK(same_guid(guid, &load_file2_guid) && is_initrd_path(*path));
	if (script->locate_path)
		return script->locate_path;
	if (!script->initrd_there && !load_file)
		return EFI_NOT_FOUND;
	*out = &load_file;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI install(EFI_HANDLE *handle, ...)
{
	__builtin_ms_va_list list;
	EFI_GUID *guid;

	CHECK(!*handle);
	if (script->install)
		return script->install;
	__builtin_ms_va_start(list, handle);
	while ((guid = __builtin_va_arg(list, EFI_GUID *))) {
		void *interface = __builtin_va_arg(list, void *);

		CHECK(same_guid(guid, &device_path_guid) || same_guid(guid, &load_file2_guid));
		if (same_guid(guid, &device_path_guid))
			load_file_path = interface;
		else
			load_file = interface;
	}
	__builtin_ms_va_end(list);
	CHECK(load_file && load_file_path && is_initrd_path(load_file_path));
	*handle = &load_file;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI allocate_pages(
	EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type, UINTN pages, EFI_PHYSICAL_ADDRESS *out)
{
	int protection = PROT_READ | PROT_WRITE | (type == EfiLoaderCode ? PROT_EXEC : 0);
	void *memory;

	CHECK(how == AllocateAnyPages && (type == EfiLoaderCode || type == EfiLoaderData));
	if (!allocations_left--)
		return EFI_OUT_OF_RESOURCES;
	memory = mmap(NULL, pages * 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return EFI_OUT_OF_RESOURCES;
	if (type == EfiLoaderCode)
		code_base = (EFI_PHYSICAL_ADDRESS)(uintptr_t)memory;
	*out = (EFI_PHYSICAL_ADDRESS)(uintptr_t)memory;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI reset_system(
	EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, CHAR16 *data)
{
	CHECK(type == EfiResetShutdown && EFI_ERROR(status) && !size && !data);
	seen.resets++;
	/* The stub does not go on behind this, whatever the firmware does. */
	*left = (struct left){seen, test_checks, test_failures};
	exit(0);
}

static EFI_STATUS EFIAPI output_string(SIMPLE_TEXT_OUTPUT_INTERFACE *this, CHAR16 *text)
{
	size_t used = strlen(seen.console);

	CHECK(this == table.ConOut);
	for (; *text && used + 1 < sizeof(seen.console); text++)
		seen.console[used++] = (char)*text;
	return EFI_SUCCESS;
}

static SIMPLE_TEXT_OUTPUT_INTERFACE console = {.OutputString = output_string};

/* What Linux's own EFI stub does with what it was handed. */
static EFI_STATUS EFIAPI fake_linux(EFI_HANDLE handle, EFI_SYSTEM_TABLE *st)
{
	static const char cmdline[] = UKI_CMDLINE;
	const uint8_t *options = loaded.LoadOptions;
	uint8_t buffer[sizeof(UKI_INITRD)];
	UINTN size = 0;

	seen.kernel_runs++;
	memcpy(seen.forbidden, attributes_of, sizeof(seen.forbidden));
	CHECK(handle == image_handle && st == &table);
	CHECK(loaded.ImageBase != loaded_before.ImageBase && loaded.ImageSize == 0x7000);
	CHECK(loaded.DeviceHandle == loaded_before.DeviceHandle);
	CHECK(loaded.LoadOptionsSize == 2 * sizeof(cmdline));
	for (size_t i = 0; i < sizeof(cmdline); i++)
		CHECK(options[2 * i] == (uint8_t)cmdline[i] && !options[2 * i + 1]);
	CHECK(load_file != NULL);
	if (!load_file)
		return EFI_LOAD_ERROR;
	CHECK(load_file->LoadFile(load_file, load_file_path, FALSE, &size, NULL) ==
		EFI_BUFFER_TOO_SMALL);
	CHECK(size == sizeof(UKI_INITRD) - 1);
	CHECK(load_file->LoadFile(load_file, load_file_path, TRUE, &size, buffer) ==
		EFI_UNSUPPORTED);
	CHECK(load_file->LoadFile(load_file, NULL, FALSE, &size, buffer) == EFI_INVALID_PARAMETER);
	CHECK(load_file->LoadFile(load_file, load_file_path, FALSE, NULL, buffer) ==
		EFI_INVALID_PARAMETER);
	CHECK(load_file->LoadFile(load_file, load_file_path, FALSE, &size, buffer) == EFI_SUCCESS);
	CHECK_BYTES(buffer, UKI_INITRD, size);
	return EFI_LOAD_ERROR;
}

/* movabs $fake_linux, %rax; jmp *%rax, at the first byte of the kernel's .text. */
static void make_kernel_code(uint8_t *code)
{
	uint64_t target = (uint64_t)(uintptr_t)fake_linux;

	code[0] = 0x48;
	code[1] = 0xb8;
	memcpy(code + 2, &target, sizeof(target));
	code[10] = 0xff;
	code[11] = 0xe0;
}

static uint8_t *make_image(size_t *out_len)
{
	static uint8_t code[5000];
	struct pe_maker kernel = uki_maker_kernel(), maker;
	uint8_t *kernel_file, *file, *image;
	size_t kernel_len, len;

	make_kernel_code(code);
	kernel.sections[1].data = code;
	kernel_file = pe_make(&kernel, &kernel_len);
	maker = uki_maker_image(kernel_file, kernel_len);
	file = pe_make(&maker, &len);
	image = pe_make_loaded(file, out_len);
	free(kernel_file);
	free(file);
	return image;
}

/* Not mapped: reading them would end the test. */
#define HOSTILE_OPTIONS ((void *)(uintptr_t)0x10)

static EFI_BOOT_SERVICES services = {
	.LocateProtocol = locate_protocol,
	.HandleProtocol = handle_protocol,
	.LocateDevicePath = locate_device_path,
	.InstallMultipleProtocolInterfaces = install,
	.AllocatePages = allocate_pages,
};

static EFI_RUNTIME_SERVICES runtime = {
	.ResetSystem = reset_system,
};

/* In a process of its own, which ends where a machine is switched off. */
static void run_until_off(void)
{
	int how = -1;
	pid_t pid;

	left = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(left != MAP_FAILED);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		test_checks = test_failures = 0;
		(void)firmware_uefi_boot(image_handle, &table);
		_exit(1);
	}
	CHECK(pid > 0 && waitpid(pid, &how, 0) == pid && how == 0);
	seen = left->seen;
	test_checks += left->checks;
	test_failures += left->failures;
	munmap(left, sizeof(*left));
}

struct uefi_record uefi_mock_boot(const struct uefi_script *how)
{
	size_t len;
	uint8_t *image = make_image(&len);

	script = how;
	allocations_left = how->allocations_left;
	seen = (struct uefi_record){0};
	memset(attributes_of, 0, sizeof(attributes_of));
	load_file = NULL;
	load_file_path = NULL;
	loaded = (EFI_LOADED_IMAGE_PROTOCOL){.ImageBase = image,
		.ImageSize = len,
		.DeviceHandle = &services,
		.LoadOptions = HOSTILE_OPTIONS,
		.LoadOptionsSize = 4096};
	loaded_before = loaded;
	table = (EFI_SYSTEM_TABLE){.BootServices = &services,
		.RuntimeServices = &runtime,
		.ConOut = how->no_console ? NULL : &console};
	run_until_off();
	free(image);
	return seen;
}

void uefi_mock_checks(unsigned *out_checks, unsigned *out_failures)
{
	*out_checks = test_checks;
	*out_failures = test_failures;
	test_checks = test_failures = 0;
}
