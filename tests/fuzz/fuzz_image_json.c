/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as each text of a container image; the first byte chooses which. What is taken has the
 * bounds that its readers promise.
 */
#include <stdlib.h>
#include <string.h>
#include "tools/build/rootfs/image_json.h"
#include "tools/lib/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
	if (!condition)
		__builtin_trap();
}

static void must_be_text(const char *text)
{
	must(*text && strlen(text) <= IMAGE_TEXT_MAX);
	for (; *text; text++)
		must(*text > ' ' && *text <= '~');
}

static void check_list(const struct image_list *list, size_t max)
{
	must(list->count <= max);
	for (size_t i = 0; i < list->count; i++) {
		must_be_text(list->items[i].media_type);
		must(!strchr(list->items[i].digest.text, '/'));
		must(!list->items[i].os == !list->items[i].architecture);
		if (list->items[i].name)
			must_be_text(list->items[i].name);
	}
}

static void read_saved(const uint8_t *data, size_t size)
{
	struct image_saved_list list;

	if (!image_saved_read("manifest.json", data, size, &list))
		return;
	must(list.count <= IMAGE_ENTRIES_MAX);
	for (size_t i = 0; i < list.count; i++) {
		must_be_text(list.items[i].config);
		must(list.items[i].layer_count <= IMAGE_LAYERS_MAX);
		for (size_t n = 0; n < list.items[i].layer_count; n++)
			must_be_text(list.items[i].layers[n]);
	}
	image_saved_free(&list);
}

static void read_manifest(const uint8_t *data, size_t size)
{
	struct image_manifest manifest;

	if (!image_manifest_read("manifest", data, size, &manifest))
		return;
	check_list(&manifest.layers, IMAGE_LAYERS_MAX);
	image_manifest_free(&manifest);
}

static void read_config(const uint8_t *data, size_t size)
{
	struct image_config config;

	if (!image_config_read("config", data, size, &config))
		return;
	must(config.count <= IMAGE_LAYERS_MAX);
	must_be_text(config.os);
	must_be_text(config.architecture);
	image_config_free(&config);
}

static void read_index(const uint8_t *data, size_t size)
{
	struct image_list list;

	if (!image_index_read("index", data, size, &list))
		return;
	check_list(&list, IMAGE_ENTRIES_MAX);
	image_list_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	report_silence();
	if (!size)
		return 0;
	switch (data[0]) {
	case 'i':
		read_index(data + 1, size - 1);
		break;
	case 'm':
		read_manifest(data + 1, size - 1);
		break;
	case 'c':
		read_config(data + 1, size - 1);
		break;
	case 's':
		read_saved(data + 1, size - 1);
		break;
	default:
		(void)image_layout_read("oci-layout", data + 1, size - 1);
	}
	return 0;
}
