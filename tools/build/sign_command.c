/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar sign`: signs an image that is there already. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/build/sign.h"
#include "tools/lib/file.h"
#include "tools/lib/interrupt.h"
#include "tools/lib/report.h"

struct job {
	struct sign_request sign;
	const char *in, *out;
	bool replace;
};

const struct option_row sign_token_rows[] = {
	{"sign-pin-file", "FILE", OPTION_FILE, OPTION_INTO(struct sign_request, pin_file),
		.help = "file with the PIN or passphrase of the key"},
	{"sign-module", "FILE", OPTION_FILE, OPTION_INTO(struct sign_request, module),
		.help = "PKCS#11 module; default: all that p11-kit knows"},
	{0},
};

static const struct option_row key_rows[] = {
	{"sign-key", "KEY", OPTION_FILE, OPTION_INTO(struct job, sign.key), .required = true,
		.help = "the key: a PEM file, or a PKCS#11 URI"},
	{"sign-cert", "FILE", OPTION_FILE, OPTION_INTO(struct job, sign.cert), .required = true,
		.help = "the key's certificate, PEM or DER"},
	{0},
};

static const struct option_row out_rows[] = {
	{"replace", .kind = OPTION_FLAG, OPTION_INTO(struct job, replace),
		.help = "drop the signatures that FILE has; default: the new one is added"},
	{"out", "FILE", OPTION_FILE, OPTION_INTO(struct job, out), .required = true,
		.help = "where the signed image goes; may be the same file"},
	{0},
};

/* Beside the output and then renamed, so that there is never half a file. */
static bool write_out(const struct job *job, const char *work, const struct bytes *image)
{
	char *path = must_format("%s/image", work);
	bool fine = file_write(path, image->data, image->len);

	if (fine && rename(path, job->out))
		fine = complain("cannot write %s: %s", job->out, strerror(errno));
	free(path);
	return fine;
}

static bool read_image(const char *path, struct bytes *out)
{
	struct mapped m;

	if (!file_map(path, &m))
		return false;
	bytes_add(out, m.data, m.len);
	file_unmap(&m);
	return true;
}

static bool sign(const struct job *job)
{
	char *work = must_format("%s.partial-XXXXXX", job->out);
	struct bytes image = {0};
	bool fine = read_image(job->in, &image);

	if (fine && !mkdtemp(work))
		fine = complain("cannot make a folder beside %s: %s", job->out, strerror(errno));
	if (fine) {
		fine = sign_more(&job->sign, work, job->replace, &image) &&
		       write_out(job, work, &image);
		folder_remove(work);
	}
	free(work);
	bytes_free(&image);
	return fine;
}

static int run(int argc, char **argv)
{
	struct job job = {0};
	int code = command_read(&sign_command, argc, argv, &job);

	if (code >= 0)
		return code;
	if (!sign_request_complete(&job.sign))
		return EXIT_MISUSE;
	umask(022);
	interrupt_watch();
	return sign(&job) ? EXIT_DONE : EXIT_REFUSED;
}

const struct command sign_command = {
	.name = "sign",
	.summary = "sign a UKI for Secure Boot",
	.about =
		"Signs a UKI, or another EFI image, for Secure Boot with osslsigncode. The time in "
		"the signature is the certificate's first second, so the same inputs give the same "
		"bits.",
	.groups = {{.rows = key_rows},
		{.rows = sign_token_rows, .offset = offsetof(struct job, sign)}, {.rows = out_rows},
		{.rows = verbose_rows}},
	.operands = {{"FILE", OPTION_FILE, OPTION_INTO(struct job, in)}},
	.run = run,
};
