#include "tools/lib/authenticode.h"

#include "crypto/digest.h"
#include "efi/contract/pe.h"
#include "tools/lib/bytes.h"

#define OPTIONAL_HEADER	 24u /* from "PE\0\0" */
#define CHECKSUM	 (OPTIONAL_HEADER + 64u)
#define DIRECTORY_COUNT	 (OPTIONAL_HEADER + 108u)
#define CERTIFICATE_SLOT (OPTIONAL_HEADER + 112u + 4u * 8u)

struct layout {
	size_t checksum; /* file offset */
	size_t slot;	 /* file offset of the certificate directory entry; 0: none */
	size_t certificates_at, certificates_len;
};

static enum authenticode_result find_fields(const struct pe_image *image, struct layout *out)
{
	struct layout l = {.checksum = image->header_offset + CHECKSUM};
	size_t slot = image->header_offset + CERTIFICATE_SLOT;

	if (slot + 8 > image->size_of_headers || image->size_of_headers > image->len)
		return AUTHENTICODE_HEADERS;
	if (le32(image->base + image->header_offset + DIRECTORY_COUNT) > 4) {
		l.slot = slot;
		l.certificates_at = le32(image->base + slot);
		l.certificates_len = le32(image->base + slot + 4);
	}
	if (l.certificates_len && l.certificates_at + l.certificates_len != image->len)
		return AUTHENTICODE_TABLE;
	*out = l;
	return AUTHENTICODE_OK;
}

static void add_headers(struct digest *d, const struct pe_image *image, const struct layout *l)
{
	const uint8_t *p = image->base;
	size_t from = l->checksum + 4;

	digest_add(d, p, l->checksum);
	if (l->slot) {
		digest_add(d, p + from, l->slot - from);
		from = l->slot + 8;
	}
	digest_add(d, p + from, image->size_of_headers - from);
}

/* Sections in the order in which they lie in the file; each pass takes the next one. */
static size_t add_sections(struct digest *d, const struct pe_image *image)
{
	size_t sum = image->size_of_headers, done_up_to = 0;

	for (unsigned pass = 0; pass < image->section_count; pass++) {
		struct pe_section next = {.raw_offset = UINT32_MAX};

		for (unsigned i = 0; i < image->section_count; i++) {
			struct pe_section s = pe_section_at(image, i);

			if (s.raw_size && s.raw_offset >= done_up_to &&
				s.raw_offset < next.raw_offset)
				next = s;
		}
		if (!next.raw_size)
			break;
		digest_add(d, image->base + next.raw_offset, next.raw_size);
		done_up_to = (size_t)next.raw_offset + 1;
		sum += next.raw_size;
	}
	return sum;
}

enum authenticode_result authenticode(const uint8_t *file, size_t len, uint16_t alg, uint8_t *out)
{
	struct pe_image image;
	struct layout l;
	struct digest d;
	enum authenticode_result result;
	size_t sum, end;

	if (pe_parse(file, len, PE_ON_DISK, &image) != PE_OK)
		return AUTHENTICODE_NOT_PE;
	result = find_fields(&image, &l);
	if (result != AUTHENTICODE_OK)
		return result;
	if (!digest_start(&d, alg))
		return AUTHENTICODE_ALG;
	add_headers(&d, &image, &l);
	sum = add_sections(&d, &image);
	end = len - l.certificates_len;
	if (end > sum)
		digest_add(&d, file + sum, end - sum);
	digest_end(&d, out);
	return AUTHENTICODE_OK;
}
