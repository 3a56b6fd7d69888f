/* What a logged event claims, and what of that its digest proves. */
#include <string.h>
#include "tools/measure/compare/cause.h"
#include "tools/measure/compare/logged_text.h"

bool logged_is(
	const struct check *check, const struct logged_event *event, const void *data, size_t len)
{
	uint8_t digest[BANK_DIGEST_MAX];

	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (!(check->banks >> bank & 1))
			continue;
		bank_hash((enum bank)bank, data, len, digest);
		if (memcmp(digest, event->digest[bank], bank_len((enum bank)bank)) != 0)
			return false;
	}
	return true;
}

bool logged_same(
	const struct check *check, const struct logged_event *a, const struct logged_event *b)
{
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (check->banks >> bank & 1 &&
			memcmp(a->digest[bank], b->digest[bank], bank_len((enum bank)bank)) != 0)
			return false;
	return true;
}

bool logged_proved(const struct check *check, const struct logged_event *event)
{
	return logged_is(check, event, event->data, event->data_len);
}

bool expected_bytes(const struct boot_event *event, size_t max, struct bytes *out)
{
	for (size_t i = 0; i < event->piece_count; i++) {
		const struct boot_piece *p = &event->pieces[i];

		if (p->len > max || p->zeros > max || out->len + p->len + p->zeros > max)
			return false;
		bytes_add(out, p->data, p->len);
		bytes_zeros(out, p->zeros);
	}
	return event->piece_count > 0;
}

const char *logged_section_name(const struct check *check, const struct logged_event *event)
{
	/* UAPI.5, and what systemd-stub measures beside it. */
	static const char *const names[] = {".linux", ".osrel", ".cmdline", ".initrd", ".ucode",
		".splash", ".dtb", ".uname", ".sbat", ".pcrsig", ".pcrpkey", ".profile", ".dtbauto",
		".hwids", ".efifw"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (logged_is(check, event, names[i], strlen(names[i]) + 1))
			return names[i];
	return NULL;
}

uint32_t logged_tag(const struct logged_event *event)
{
	return event->type == TCG_EVENT_TAG && event->data_len >= 8 ? le32(event->data) : 0;
}

void logged_variable(const struct logged_event *event, char out[32])
{
	uint64_t chars;

	out[0] = 0;
	if ((event->type != TCG_EFI_VARIABLE_DRIVER_CONFIG &&
		    event->type != TCG_EFI_VARIABLE_BOOT && event->type != TCG_EFI_VARIABLE_BOOT2 &&
		    event->type != TCG_EFI_VARIABLE_AUTHORITY) ||
		event->data_len < 32)
		return;
	chars = le64(event->data + 16);
	if (chars == 0 || chars > 31 || event->data_len - 32 < 2 * chars)
		return;
	for (size_t i = 0; i < chars; i++) {
		unsigned c = le16(event->data + 32 + 2 * i);

		if (c <= 0x20 || c >= 0x7f) {
			out[0] = 0;
			return;
		}
		out[i] = (char)c;
	}
	out[chars] = 0;
}

static void describe_variable(const struct logged_event *e, struct bytes *out)
{
	char name[32];

	logged_variable(e, name);
	bytes_addf(out, "variable %s, %llu bytes", name, (unsigned long long)le64(e->data + 24));
}

static void describe_application(const struct logged_event *e, struct bytes *out)
{
	size_t left = e->data_len - 32;
	uint64_t len = le64(e->data + 24);

	show_device_path(out, e->data + 32, len < left ? (size_t)len : left);
	bytes_addf(out, ", %llu bytes", (unsigned long long)le64(e->data + 8));
}

/* By its type, which is claimed too. */
static void describe_data(const struct logged_event *e, struct bytes *out)
{
	char name[32];

	logged_variable(e, name);
	if (e->type >= TCG_EFI_APPLICATION && e->type <= 0x80000005u && e->data_len >= 32) {
		describe_application(e, out);
	} else if (e->type == TCG_EFI_FIRMWARE_BLOB && e->data_len == 16) {
		bytes_addf(out, "volume at 0x%llx, %llu bytes", (unsigned long long)le64(e->data),
			(unsigned long long)le64(e->data + 8));
	} else if (name[0]) {
		describe_variable(e, out);
	} else if (logged_tag(e)) {
		bytes_addf(out, "tag 0x%08x ", logged_tag(e));
		show_ascii(out, e->data + 8, e->data_len - 8, 64);
	} else if (shows_as_utf16(e->data, e->data_len)) {
		show_utf16(out, e->data, e->data_len, LOGGED_TEXT_MAX);
	} else if (e->type == TCG_EFI_ACTION || e->type == TCG_ACTION ||
		   e->type == TCG_PLATFORM_CONFIG || e->type == TCG_IPL) {
		show_ascii(out, e->data, e->data_len, 128);
	} else if (e->data_len) {
		show_hex(out, e->data, e->data_len, 32);
	} else {
		bytes_add_text(out, "nothing");
	}
}

void logged_describe(const struct check *check, const struct logged_event *event, struct bytes *out)
{
	const char *section = logged_section_name(check, event);

	if (section) {
		bytes_addf(out, "proved: the name of section %s", section);
		return;
	}
	bytes_add_text(out, logged_proved(check, event) ? "proved: " : "claimed: ");
	describe_data(event, out);
}
