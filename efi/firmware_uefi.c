/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The port over UEFI: the only file that sees EFI types. It translates and decides nothing but what
 * a firmware's answer means.
 */
#include "efi/firmware_uefi.h"

#include "efi/runtime.h"
#include "efi/stub.h"
#include "efi/uefi_types.h"

/* The vendor media device path at which Linux looks for its initrd. */
struct initrd_path {
	VENDOR_DEVICE_PATH vendor;
	EFI_DEVICE_PATH end;
} __attribute__((packed));

/* Lives on the stack of firmware_uefi_boot(), which the kernel's boot services never leave. */
struct uefi {
	EFI_LOAD_FILE_PROTOCOL load_file; /* first: LoadFile2 gets back no other pointer */
	const struct initrd *initrd;
	EFI_HANDLE image;
	EFI_SYSTEM_TABLE *table;
	EFI_BOOT_SERVICES *services;
	EFI_LOADED_IMAGE_PROTOCOL *loaded;
	struct tcg2_protocol *tcg2;
	struct cc_protocol *cc;
	struct initrd_path path;
};

/* Finds the one instance of a protocol; NULL when there is none. */
static EFI_STATUS locate(const struct uefi *uefi, EFI_GUID guid, void **out)
{
	EFI_STATUS status;

	*out = NULL;
	status = uefi->services->LocateProtocol(&guid, NULL, out);
	if (status == EFI_NOT_FOUND) {
		*out = NULL;
		return EFI_SUCCESS;
	}
	return !status && !*out ? EFI_DEVICE_ERROR : status;
}

static struct status own_image(void *context, const uint8_t **out_base, size_t *out_len)
{
	struct uefi *uefi = context;
	EFI_GUID guid = GUID_LOADED_IMAGE;
	void *loaded = NULL;

	if (uefi->services->HandleProtocol(uefi->image, &guid, &loaded) || !loaded)
		return fail(E_STUB_SELF_UNKNOWN);
	uefi->loaded = loaded;
	*out_base = uefi->loaded->ImageBase;
	*out_len = uefi->loaded->ImageSize;
	return OK;
}

static struct status find_tcg2(struct uefi *uefi)
{
	struct tcg2_capability capability = {.size = sizeof(capability)};
	void *found;

	if (locate(uefi, (EFI_GUID)GUID_TCG2, &found))
		return fail(E_STUB_TCG2_LOOKUP);
	uefi->tcg2 = found;
	if (!uefi->tcg2)
		return OK;
	if (uefi->tcg2->get_capability(uefi->tcg2, &capability) ||
		capability.size < sizeof(capability))
		return fail(E_STUB_TCG2_CAPABILITY);
	if (!capability.tpm_present)
		uefi->tcg2 = NULL;
	else if (!capability.active_banks)
		return fail(E_STUB_TCG2_BANKS);
	return OK;
}

static struct status find_cc(struct uefi *uefi)
{
	struct cc_capability capability = {.size = sizeof(capability)};
	void *found;

	if (locate(uefi, (EFI_GUID)GUID_CC, &found))
		return fail(E_STUB_CC_LOOKUP);
	uefi->cc = found;
	if (uefi->cc &&
		(uefi->cc->get_capability(uefi->cc, &capability) || !capability.hash_algorithms))
		return fail(E_STUB_CC_CAPABILITY);
	return OK;
}

static struct status measurers(void *context, unsigned *out_set)
{
	struct uefi *uefi = context;

	TRY(find_tcg2(uefi));
	TRY(find_cc(uefi));
	*out_set = (uefi->tcg2 ? MEASURER_TCG2 : 0u) | (uefi->cc ? MEASURER_CC : 0u);
	return OK;
}

/* With EFI_VOLUME_FULL the register is extended and only the log lacks the event. */
static bool extended(EFI_STATUS status)
{
	return status == EFI_SUCCESS || status == EFI_VOLUME_FULL;
}

static struct status extend(
	void *context, enum measurer measurer, const struct firmware_event *event)
{
	struct uefi *uefi = context;
	struct measurement_event log = {
		.size = (UINT32)(MEASUREMENT_TEXT_AT + event->text_len),
		.header_size = MEASUREMENT_HEADER_SIZE,
		.header_version = MEASUREMENT_HEADER_VERSION,
		.index = event->pcr,
		.type = event->type,
	};
	EFI_PHYSICAL_ADDRESS data = (EFI_PHYSICAL_ADDRESS)(uintptr_t)event->data;
	UINT32 index;

	memcpy(log.text, event->text, event->text_len);
	if (measurer == MEASURER_TCG2) {
		if (!extended(uefi->tcg2->hash_log_extend_event(
			    uefi->tcg2, 0, data, event->len, &log)))
			return fail(E_STUB_TCG2_EXTEND);
		return OK;
	}
	if (uefi->cc->map_pcr(uefi->cc, event->pcr, &index))
		return fail(E_STUB_CC_REGISTER);
	log.index = index;
	if (!extended(uefi->cc->hash_log_extend_event(uefi->cc, 0, data, event->len, &log)))
		return fail(E_STUB_CC_EXTEND);
	return OK;
}

static struct status initrd_offered(void *context, bool *out_offered)
{
	struct uefi *uefi = context;
	EFI_GUID guid = GUID_LOAD_FILE2;
	EFI_DEVICE_PATH *path = &uefi->path.vendor.Header;
	EFI_HANDLE handle;
	EFI_STATUS status = uefi->services->LocateDevicePath(&guid, &path, &handle);

	if (status && status != EFI_NOT_FOUND)
		return fail(E_STUB_INITRD_LOOKUP);
	*out_offered = !status;
	return OK;
}

static EFI_STATUS EFIAPI load_file(EFI_LOAD_FILE_PROTOCOL *this, EFI_DEVICE_PATH *path,
	BOOLEAN boot_policy, UINTN *size, VOID *buffer)
{
	static const EFI_STATUS answers[] = {
		[INITRD_SERVED] = EFI_SUCCESS,
		[INITRD_UNSUPPORTED] = EFI_UNSUPPORTED,
		[INITRD_BUFFER_TOO_SMALL] = EFI_BUFFER_TOO_SMALL,
		[INITRD_INVALID] = EFI_INVALID_PARAMETER,
	};
	struct uefi *uefi = (struct uefi *)this;

	if (!this || !path)
		return EFI_INVALID_PARAMETER;
	return answers[initrd_serve(uefi->initrd, boot_policy, size, buffer)];
}

static struct status offer_initrd(void *context, const struct initrd *initrd)
{
	struct uefi *uefi = context;
	EFI_GUID path = GUID_DEVICE_PATH, load = GUID_LOAD_FILE2;
	EFI_HANDLE handle = NULL;

	uefi->initrd = initrd;
	if (uefi->services->InstallMultipleProtocolInterfaces(
		    &handle, &path, &uefi->path, &load, &uefi->load_file, NULL))
		return fail(E_STUB_INITRD_OFFER);
	return OK;
}

static void *alloc(void *context, enum firmware_memory kind, size_t len)
{
	struct uefi *uefi = context;
	EFI_MEMORY_TYPE type = kind == FIRMWARE_CODE ? EfiLoaderCode : EfiLoaderData;
	EFI_PHYSICAL_ADDRESS pages = 0;

	if (uefi->services->AllocatePages(AllocateAnyPages, type,
		    len / FIRMWARE_PAGE + (len % FIRMWARE_PAGE != 0), &pages))
		return NULL;
	return (void *)(uintptr_t)pages;
}

static struct status protect(
	void *context, const void *pages, size_t len, enum firmware_access access)
{
	static const UINT64 forbidden[] = {
		[ACCESS_READ] = MEMORY_RO | MEMORY_XP,
		[ACCESS_READ_WRITE] = MEMORY_XP,
		[ACCESS_READ_EXECUTE] = MEMORY_RO,
		[ACCESS_ALL] = 0,
	};
	UINT64 set = forbidden[access], clear = (MEMORY_RO | MEMORY_XP) & ~set;
	EFI_PHYSICAL_ADDRESS base = (EFI_PHYSICAL_ADDRESS)(uintptr_t)pages;
	struct memory_attribute_protocol *attributes;
	void *found;

	if (locate(context, (EFI_GUID)GUID_MEMORY_ATTRIBUTE, &found))
		return fail(E_STUB_ATTRIBUTE_LOOKUP);
	attributes = found;
	if (!attributes)
		return OK;
	/* Forbids before it allows, so that no page is writable and executable in between. */
	if ((set && attributes->set(attributes, base, len, set)) ||
		(clear && attributes->clear(attributes, base, len, clear)))
		return fail(E_STUB_KERNEL_PROTECT);
	return OK;
}

/* The kernel takes over this image's handle; FilePath and DeviceHandle stay true of the file. */
static struct status start(void *context, const struct firmware_kernel *kernel)
{
	struct uefi *uefi = context;
	EFI_IMAGE_ENTRY_POINT entry = (EFI_IMAGE_ENTRY_POINT)(uintptr_t)(kernel->base +
									 kernel->entry_rva);

	uefi->loaded->ImageBase = kernel->base;
	uefi->loaded->ImageSize = kernel->len;
	uefi->loaded->LoadOptions = kernel->options;
	uefi->loaded->LoadOptionsSize = kernel->options_len;
	entry(uefi->image, uefi->table);
	return fail(E_STUB_KERNEL_RETURNED);
}

static void print(void *context, const char *text)
{
	struct uefi *uefi = context;
	SIMPLE_TEXT_OUTPUT_INTERFACE *console = uefi->table->ConOut;

	for (; console && *text; text++) {
		CHAR16 letter[] = {(CHAR16)*text, 0}, newline[] = {'\r', '\n', 0};

		console->OutputString(console, *text == '\n' ? newline : letter);
	}
}

static void power_off(void *context)
{
	struct uefi *uefi = context;

	uefi->table->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_LOAD_ERROR, 0, NULL);
	/* What was offered and placed is still there: nobody else may run on this machine now. */
	for (;;)
		;
}

static void init(struct uefi *uefi, void *image, void *table)
{
	*uefi = (struct uefi){
		.load_file = {.LoadFile = load_file},
		.image = image,
		.table = table,
		.path =
			{
				.vendor =
					{
						.Header = {MEDIA_DEVICE_PATH, MEDIA_VENDOR_DP,
							{sizeof(VENDOR_DEVICE_PATH), 0}},
						.Guid = GUID_LINUX_INITRD,
					},
				.end = {END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE,
					{sizeof(EFI_DEVICE_PATH), 0}},
			},
	};
	uefi->services = uefi->table->BootServices;
}

uint64_t firmware_uefi_boot(void *image, void *table)
{
	struct uefi uefi;
	const struct firmware fw = {
		.context = &uefi,
		.own_image = own_image,
		.measurers = measurers,
		.extend = extend,
		.initrd_offered = initrd_offered,
		.offer_initrd = offer_initrd,
		.alloc = alloc,
		.protect = protect,
		.start = start,
		.print = print,
		.power_off = power_off,
	};

	init(&uefi, image, table);
	stub_run(&fw);
	return EFI_LOAD_ERROR;
}
