/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/output/device_path.h"

#include "tools/lib/hex.h"

static void put_guid(struct bytes *out, const char *name, const uint8_t *guid)
{
	char text[GUID_TEXT];

	guid_text(guid, text);
	bytes_addf(out, "%s(%s)", name, text);
}

/* One node's contents, without its four bytes of header; kind is type and subtype. */
static void put_node(struct bytes *out, const struct printable_form *form, unsigned kind,
	const uint8_t *data, size_t len)
{
	if (kind == 0x0404) {
		bytes_add_text(out, "File(");
		printable_add_utf16(out, data, len, form);
		bytes_add_text(out, ")");
	} else if (kind == 0x0406 && len >= GUID_LEN) {
		put_guid(out, "FvFile", data);
	} else if (kind == 0x0407 && len >= GUID_LEN) {
		put_guid(out, "Fv", data);
	} else if (kind == 0x0403 && len >= GUID_LEN) {
		put_guid(out, "VenMedia", data);
	} else if (kind == 0x0104 && len >= GUID_LEN) {
		put_guid(out, "VenHw", data);
	} else if (kind == 0x0401 && len >= 36) {
		bytes_addf(out, "HD(%u,", le32(data));
		put_guid(out, "GPT", data + 20);
		bytes_add_text(out, ")");
	} else if (kind == 0x0408 && len >= 20) { /* within a device's option ROM */
		bytes_addf(out, "Offset(0x%llx,0x%llx)", (unsigned long long)le64(data + 4),
			(unsigned long long)le64(data + 12));
	} else if (kind == 0x0103 && len >= 20) {
		bytes_addf(out, "Memory(0x%llx)", (unsigned long long)le64(data + 4));
	} else if (kind == 0x0101 && len >= 2) {
		bytes_addf(out, "Pci(%u,%u)", data[1], data[0]);
	} else if (kind >> 8 == 0x02) {
		bytes_add_text(out, "Acpi");
	} else {
		bytes_addf(out, "Node(%u,%u)", kind >> 8, kind & 0xff);
	}
}

void device_path_add(
	struct bytes *out, const uint8_t *data, size_t len, const struct printable_form *form)
{
	size_t before = out->len;

	while (len >= 4 && data[0] != 0x7f && out->len - before < form->max) {
		size_t node = le16(data + 2);

		if (node < 4 || node > len)
			break;
		if (out->len != before)
			bytes_add_text(out, "/");
		put_node(out, form, (unsigned)data[0] << 8 | data[1], data + 4, node - 4);
		data += node;
		len -= node;
	}
	if (out->len == before)
		bytes_add_text(out, "no path");
}
