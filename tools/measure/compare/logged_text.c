#include "tools/measure/compare/logged_text.h"

#include <string.h>
#include "tools/lib/hex.h"

static void put_char(struct bytes *out, unsigned c, bool wide)
{
	if (c == '"' || c == '\\')
		bytes_addf(out, "\\%c", (int)c);
	else if (c >= 0x20 && c < 0x7f)
		bytes_addf(out, "%c", (int)c);
	else if (wide)
		bytes_addf(out, "\\u{%x}", c);
	else
		bytes_addf(out, "\\x%02x", c);
}

void show_ascii(struct bytes *out, const uint8_t *data, size_t len, size_t max)
{
	bytes_add_text(out, "\"");
	for (size_t i = 0; i < len && i < max; i++)
		put_char(out, data[i], false);
	bytes_add_text(out, len > max ? "\"..." : "\"");
}

void show_utf16(struct bytes *out, const uint8_t *data, size_t len, size_t max)
{
	size_t chars = 0;

	bytes_add_text(out, "\"");
	for (size_t i = 0; i + 2 <= len && le16(data + i) && chars < max; i += 2, chars++)
		put_char(out, le16(data + i), true);
	bytes_add_text(out, chars == max ? "\"..." : "\"");
}

void show_hex(struct bytes *out, const uint8_t *data, size_t len, size_t max)
{
	for (size_t i = 0; i < len && i < max; i++)
		bytes_addf(out, "%02x", data[i]);
	if (len > max)
		bytes_add_text(out, "...");
}

bool shows_as_utf16(const uint8_t *data, size_t len)
{
	if (len < 4 || len % 2 || le16(data + len - 2))
		return false;
	for (size_t i = 0; i + 2 < len; i += 2)
		if (!le16(data + i))
			return false;
	return true;
}

static void put_guid(struct bytes *out, const char *name, const uint8_t *guid)
{
	char text[GUID_TEXT];

	guid_text(guid, text);
	bytes_addf(out, "%s(%s)", name, text);
}

/* One node's contents, without its four bytes of header. */
static void put_node(
	struct bytes *out, unsigned type, unsigned subtype, const uint8_t *data, size_t len)
{
	unsigned kind = type << 8 | subtype;

	if (kind == 0x0404) {
		bytes_add_text(out, "File(");
		show_utf16(out, data, len, 260);
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
	} else if (kind == 0x0103 && len >= 20) {
		bytes_addf(out, "Memory(0x%llx)", (unsigned long long)le64(data + 4));
	} else if (kind == 0x0101 && len >= 2) {
		bytes_addf(out, "Pci(%u,%u)", data[1], data[0]);
	} else if (type == 2) {
		bytes_add_text(out, "Acpi");
	} else {
		bytes_addf(out, "Node(%u,%u)", type, subtype);
	}
}

void show_device_path(struct bytes *out, const uint8_t *data, size_t len)
{
	size_t before = out->len;

	while (len >= 4 && data[0] != 0x7f && out->len - before < LOGGED_TEXT_MAX) {
		size_t node = le16(data + 2);

		if (node < 4 || node > len)
			break;
		if (out->len != before)
			bytes_add_text(out, "/");
		put_node(out, data[0], data[1], data + 4, node - 4);
		data += node;
		len -= node;
	}
	if (out->len == before)
		bytes_add_text(out, "no path");
}
