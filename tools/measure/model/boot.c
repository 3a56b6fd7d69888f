/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/model/boot.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/disk_container.h"
#include "tools/lib/report.h"

static const struct {
	const char *name, *text;
} rules[BOOT_RULE_COUNT] = {
#define BOOT_RULE(id, name, text) [RULE_##id] = {name, text},
#include "tools/measure/model/rules.def"
#undef BOOT_RULE
};

const char *boot_rule_name(enum boot_rule rule)
{
	return rules[rule].name;
}

const char *boot_rule_text(enum boot_rule rule)
{
	return rules[rule].text;
}

const char *tcg_event_name(uint32_t type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} names[] = {
		{0x1, "EV_POST_CODE"},
		{TCG_NO_ACTION, "EV_NO_ACTION"},
		{TCG_SEPARATOR, "EV_SEPARATOR"},
		{TCG_ACTION, "EV_ACTION"},
		{TCG_EVENT_TAG, "EV_EVENT_TAG"},
		{TCG_CRTM_CONTENTS, "EV_S_CRTM_CONTENTS"},
		{TCG_CRTM_VERSION, "EV_S_CRTM_VERSION"},
		{TCG_PLATFORM_CONFIG, "EV_PLATFORM_CONFIG_FLAGS"},
		{0xB, "EV_TABLE_OF_DEVICES"},
		{TCG_IPL, "EV_IPL"},
		{0xE, "EV_IPL_PARTITION_DATA"},
		{TCG_EFI_VARIABLE_DRIVER_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
		{TCG_EFI_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT"},
		{TCG_EFI_APPLICATION, "EV_EFI_BOOT_SERVICES_APPLICATION"},
		{0x80000004, "EV_EFI_BOOT_SERVICES_DRIVER"},
		{0x80000005, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
		{TCG_EFI_GPT, "EV_EFI_GPT_EVENT"},
		{TCG_EFI_ACTION, "EV_EFI_ACTION"},
		{TCG_EFI_FIRMWARE_BLOB, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
		{TCG_EFI_HANDOFF_TABLES, "EV_EFI_HANDOFF_TABLES"},
		{TCG_EFI_FIRMWARE_BLOB2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"},
		{TCG_EFI_HANDOFF_TABLES2, "EV_EFI_HANDOFF_TABLES2"},
		{TCG_EFI_VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2"},
		{0x8000000D, "EV_EFI_GPT_EVENT2"},
		{0x80000010, "EV_EFI_HCRTM_EVENT"},
		{TCG_EFI_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return names[i].name;
	return NULL;
}

static const char *const cc_names[BOOT_CC_COUNT] = {
	[BOOT_MRTD] = "mrtd",
	[BOOT_RTMR0] = "rtmr0",
	[BOOT_RTMR1] = "rtmr1",
	[BOOT_RTMR2] = "rtmr2",
	[BOOT_RTMR3] = "rtmr3",
	[BOOT_SNP_LAUNCH] = "snp-launch-digest",
};

const char *boot_cc_name(enum boot_cc cc)
{
	return cc_names[cc];
}

bool boot_cc_by_name(const char *name, enum boot_cc *out)
{
	for (unsigned cc = 0; cc < BOOT_CC_COUNT; cc++) {
		if (strcmp(cc_names[cc], name) == 0) {
			*out = (enum boot_cc)cc;
			return true;
		}
	}
	return false;
}

void boot_init(struct boot *boot)
{
	*boot = (struct boot){0};
	boot->events = must_alloc(BOOT_EVENTS_MAX * sizeof(*boot->events));
}

void boot_free(struct boot *boot)
{
	for (size_t i = 0; i < boot->file_count; i++) {
		file_unmap(&boot->files[i].mapped);
		free(boot->files[i].path);
	}
	for (size_t i = 0; i < boot->kept_count; i++)
		free(boot->kept[i]);
	free(boot->files);
	free(boot->kept);
	free(boot->events);
	*boot = (struct boot){0};
}

/* The array moves when it grows, so callers get a copy that does not. */
static const struct mapped *keep_file(struct boot *boot, const char *path, struct mapped mapped)
{
	boot->files = must_realloc(boot->files, boot->file_count + 1, sizeof(*boot->files));
	boot->files[boot->file_count++] = (struct boot_file){must_dup(path), mapped};
	return boot_keep(boot, &mapped, sizeof(mapped));
}

const struct mapped *boot_map(struct boot *boot, const char *path)
{
	struct mapped mapped;

	if (!file_map(path, &mapped)) {
		boot->unreadable = true;
		return NULL;
	}
	return keep_file(boot, path, mapped);
}

static void advise(enum disk_container kind, const char *path)
{
	bool gcp = kind == DISK_GCP;

	report_error(
		"only what \"protostar build\" writes is read as it is; of any other make a plain "
		"disk image: %s %s %s",
		gcp ? "tar -xzf" : "qemu-img convert -O raw", path, gcp ? "disk.raw" : "NEW");
}

const struct mapped *boot_map_disk(struct boot *boot, const char *path)
{
	const struct mapped *file = boot_map(boot, path);
	enum disk_container kind = file ? disk_container_of(file->data, file->len) : DISK_RAW;
	struct disk_view view;
	struct mapped disk;
	struct flaw flaw;

	if (kind == DISK_RAW)
		return file;
	if (!disk_container_open(kind, file->data, file->len, &view, &flaw)) {
		flaw_complain(path, &flaw);
		advise(kind, path);
		return NULL;
	}
	disk = (struct mapped){view.data, view.len};
	/* Memory of its own is released as a mapped file is. */
	return view.own ? keep_file(boot, path, disk) : boot_keep(boot, &disk, sizeof(disk));
}

const struct mapped *boot_map_input(struct boot *boot, const char *path)
{
	const struct mapped *mapped = boot_map(boot, path);

	if (!mapped || mapped->len <= BOOT_INPUT_MAX)
		return mapped;
	complain("%s has more than %u bytes", path, BOOT_INPUT_MAX);
	boot->unreadable = true;
	return NULL;
}

void *boot_own(struct boot *boot, void *block)
{
	if (boot->kept_count == boot->kept_capacity) {
		boot->kept_capacity = boot->kept_capacity ? 2 * boot->kept_capacity : 256;
		boot->kept = must_realloc(boot->kept, boot->kept_capacity, sizeof(*boot->kept));
	}
	boot->kept[boot->kept_count++] = block;
	return block;
}

void *boot_keep(struct boot *boot, const void *data, size_t len)
{
	void *copy = must_alloc(len ? len : 1);

	if (len)
		memcpy(copy, data, len);
	return boot_own(boot, copy);
}

const char *boot_text(struct boot *boot, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	return boot_own(boot, len < 0 ? must_dup("") : text);
}

struct boot_event *boot_add(struct boot *boot, unsigned pcr, uint32_t type, enum boot_rule rule,
	const char *subject, const char *what)
{
	struct boot_event *event = &boot->events[boot->count];

	if (boot->count == BOOT_EVENTS_MAX || pcr >= BOOT_PCRS) {
		complain("more events than a boot has");
		return NULL;
	}
	boot->count++;
	*event = (struct boot_event){.pcr = pcr,
		.type = type,
		.rule = rule,
		.to = BOOT_TO_BOTH,
		.subject = subject,
		.what = what};
	return event;
}

bool boot_piece(struct boot *boot, struct boot_event *event, const struct boot_piece *piece)
{
	struct boot_piece *pieces;

	if (!event)
		return false;
	if (event->piece_count == BOOT_PIECES_MAX)
		return complain("%s: too many pieces", event->what);
	pieces = must_alloc((event->piece_count + 1) * sizeof(*pieces));
	if (event->piece_count)
		memcpy(pieces, event->pieces, event->piece_count * sizeof(*pieces));
	pieces[event->piece_count++] = *piece;
	event->pieces = boot_own(boot, pieces);
	return true;
}

void boot_show(struct boot *boot, struct boot_event *event, const void *data, size_t len)
{
	event->data = boot_keep(boot, data, len);
	event->data_len = len;
}

struct boot_event *boot_add_data(struct boot *boot, unsigned pcr, uint32_t type,
	enum boot_rule rule, const char *subject, const char *what, const void *data, size_t len)
{
	struct boot_event *event = boot_add(boot, pcr, type, rule, subject, what);
	struct boot_piece piece = {.data = boot_keep(boot, data, len), .len = len};

	return boot_piece(boot, event, &piece) ? event : NULL;
}

struct boot_event *boot_add_shown(struct boot *boot, unsigned pcr, uint32_t type,
	enum boot_rule rule, const char *subject, const char *what, const void *data, size_t len)
{
	struct boot_event *event = boot_add_data(boot, pcr, type, rule, subject, what, data, len);

	if (event) {
		event->data = event->pieces[0].data;
		event->data_len = len;
	}
	return event;
}

void boot_unknown(struct boot *boot, unsigned pcr, const char *why)
{
	boot->unknown[pcr] = why;
}

void boot_remark(struct boot *boot, unsigned pcr, const char *remark)
{
	const char *before = boot->remark[pcr];

	if (remark && before && !strstr(before, remark))
		boot->remark[pcr] = boot_text(boot, "%s; %s", before, remark);
	else if (remark && !before)
		boot->remark[pcr] = remark;
}

void boot_replay(const struct boot *boot, enum bank bank, struct boot_values *out)
{
	*out = (struct boot_values){.bank = bank};
	/* PCRs 17 to 22 start as ones (TCG PC Client Platform TPM Profile, table 5). */
	for (unsigned pcr = 17; pcr <= 22; pcr++)
		memset(out->pcr[pcr], 0xff, bank_len(bank));
	for (size_t i = 0; i < boot->count; i++) {
		const struct boot_event *e = &boot->events[i];

		if (!(e->to & BOOT_TO_TPM))
			continue;
		bank_extend(bank, out->pcr[e->pcr], e->digest[bank]);
		out->events[e->pcr]++;
	}
}

bool boot_cc_of_pcr(unsigned pcr, enum boot_cc *out)
{
	if (pcr == 0 || pcr > 15)
		return false;
	*out = pcr == 1 || pcr == 7 ? BOOT_RTMR0 : pcr <= 6 ? BOOT_RTMR1 : BOOT_RTMR2;
	return true;
}

bool boot_cc_of(const struct boot_event *event, enum boot_cc *out)
{
	if (!(event->to & BOOT_TO_CC) || !boot_cc_of_pcr(event->pcr, out))
		return false;
	if (event->rule == RULE_SEALED)
		*out = BOOT_RTMR3;
	return true;
}

void boot_replay_cc(const struct boot *boot, enum boot_cc rtmr, struct boot_cc_value *out)
{
	enum boot_cc to;

	memset(out->value, 0, sizeof(out->value));
	out->events = 0;
	for (size_t i = 0; i < boot->count; i++) {
		const struct boot_event *e = &boot->events[i];

		if (!boot_cc_of(e, &to) || to != rtmr)
			continue;
		bank_extend(BANK_SHA384, out->value, e->digest[BANK_SHA384]);
		out->events++;
	}
}
