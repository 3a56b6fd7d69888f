/* systemd-stub, by release: what it measures in the order in which its code does. */
#include <string.h>
#include "tools/lib/report.h"
#include "tools/measure/model/application.h"
#include "tools/measure/stub/parts.h"

/* In measurement order (systemd: src/fundamental/uki.c). Releases count from the dialect's first.
 */
static const struct {
	const char *name;
	unsigned since;
	bool measured;
} rules[] = {
	{".linux", 252, true},
	{".osrel", 252, true},
	{".cmdline", 252, true},
	{".initrd", 252, true},
	{".ucode", 256, true},
	{".splash", 252, true},
	{".dtb", 252, true},
	{".uname", 254, true},
	{".sbat", 254, true},
	{".pcrsig", 252, false},
	{".pcrpkey", 252, true},
	{".profile", 257, true},
	{".dtbauto", 257, true},
	{".hwids", 257, true},
	{".efifw", 258, true},
};

enum { LINUX, OSREL, CMDLINE, INITRD, UCODE, PCRSIG = 9, PCRPKEY, PROFILE, SECTIONS = 15 };

struct stub {
	struct boot *boot;
	const struct boot_image *image;
	const struct stub_inputs *in;
	unsigned release;
	struct pe_file pe;
	bool present[SECTIONS];
	struct pe_contents sections[SECTIONS];
};

static void find_sections(struct stub *s)
{
	enum pe_match match = s->release < 254 ? PE_LAST_PREFIX : PE_FIRST_EXACT;

	for (unsigned i = 0; i < SECTIONS; i++)
		s->present[i] = s->release >= rules[i].since &&
				pe_lookup(&s->pe, rules[i].name, match, 0, s->pe.section_count,
					&s->sections[i]);
}

/* The name with its NUL, then the contents; a log shows the name beside both. */
static bool add_section(struct stub *s, unsigned i)
{
	const char *name = rules[i].name;
	struct boot_piece text = {.data = (const uint8_t *)name, .len = strlen(name) + 1};
	struct boot_piece contents = piece_of_section(s->image, &s->sections[i]);

	return boot_piece(s->boot,
		       add_ipl(s->boot, PCR_KERNEL_IMAGE, RULE_SECTION_NAME, name,
			       boot_text(s->boot, "%s (name)", name), name),
		       &text) &&
	       boot_piece(s->boot,
		       add_ipl(s->boot, PCR_KERNEL_IMAGE, RULE_SECTION_DATA, name,
			       boot_text(s->boot, "%s (contents)", name), name),
		       &contents);
}

static bool add_sections(struct stub *s)
{
	for (unsigned i = 0; i < SECTIONS; i++)
		if (s->present[i] && rules[i].measured && !add_section(s, i))
			return false;
	return true;
}

/* Up to 257 the stub has firmware load the kernel; with Secure Boot on it takes that out of its
 * hands, and firmware then measures nothing. */
static bool add_kernel_image(struct stub *s)
{
	const struct pe_contents *kernel = &s->sections[LINUX];
	struct boot_image image = {.data = kernel->data,
		.len = kernel->len,
		.source = s->image->source,
		.name = ".linux"};

	if (s->release >= 258 || s->in->secure_boot)
		return true;
	if (kernel->zeros)
		return complain("%s: .linux is shorter in the file than in memory", image.source);
	return boot_add_application(s->boot, RULE_KERNEL_IMAGE, &image, kernel->offset, ".linux",
		       "the kernel in the image (Authenticode)") != NULL;
}

static bool add_kernel(struct stub *s)
{
	struct piece_list initrd = {0};
	struct bytes line = {0};
	bool fine;

	if (s->present[CMDLINE])
		utf16_from(&line, s->sections[CMDLINE].data, s->sections[CMDLINE].len);
	bytes_zeros(&line, 2);
	if (s->present[INITRD]) {
		struct boot_piece piece = piece_of_section(s->image, &s->sections[INITRD]);

		pieces_add(&initrd, &piece);
	}
	fine = add_kernel_image(s) && kernel_events(s->boot, line.data, line.len, &initrd);
	bytes_free(&line);
	return fine;
}

bool systemd_events(struct boot *boot, const struct boot_image *image, const struct stub_inputs *in)
{
	struct stub s = {
		.boot = boot, .image = image, .in = in, .release = dialect_release(in->dialect)};
	struct flaw flaw;

	if (!pe_read(image->data, image->len, &s.pe, &flaw))
		return flaw_complain(image->source, &flaw);
	find_sections(&s);
	if (!s.present[LINUX])
		return complain(
			"%s has no section .linux: it is no unified kernel image", image->source);
	return add_sections(&s) && add_kernel(&s);
}
