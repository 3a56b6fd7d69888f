/* `protostar sign`: signs an image that is there already. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/build/sign.h"
#include "tools/lib/file.h"
#include "tools/lib/interrupt.h"
#include "tools/lib/report.h"

static const char help[] =
	"usage: protostar sign FILE --sign-key KEY --sign-cert FILE --out FILE\n"
	"\n"
	"Signs a UKI, or another EFI image, for Secure Boot with osslsigncode. The time in the\n"
	"signature is the certificate's first second, so the same inputs give the same bits.\n"
	"\n"
	"  --sign-key KEY       the key: a PEM file, or a PKCS#11 URI\n"
	"  --sign-cert FILE     the key's certificate, PEM or DER\n"
	"  --sign-pin-file FILE file with the PIN or passphrase of the key\n"
	"  --sign-module FILE   PKCS#11 module; default: all that p11-kit knows\n"
	"  --replace            drop the signatures that FILE has; default: the new one is added\n"
	"  --out FILE           where the signed image goes; may be the same file\n"
	"  --verbose            show progress even when stderr is no terminal\n"
	"  --help               this text\n";

enum {
	OPT_KEY = 1,
	OPT_CERT,
	OPT_PIN_FILE,
	OPT_MODULE,
	OPT_REPLACE,
	OPT_OUT,
	OPT_VERBOSE,
	OPT_HELP
};

static const struct option words[] = {
	{"sign-key", required_argument, NULL, OPT_KEY},
	{"sign-cert", required_argument, NULL, OPT_CERT},
	{"sign-pin-file", required_argument, NULL, OPT_PIN_FILE},
	{"sign-module", required_argument, NULL, OPT_MODULE},
	{"replace", no_argument, NULL, OPT_REPLACE},
	{"out", required_argument, NULL, OPT_OUT},
	{"verbose", no_argument, NULL, OPT_VERBOSE},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct job {
	struct sign_request sign;
	const char *in, *out;
	bool replace;
};

static bool take(struct job *job, int code)
{
	switch (code) {
	case OPT_KEY:
		job->sign.key = optarg;
		return true;
	case OPT_CERT:
		job->sign.cert = optarg;
		return true;
	case OPT_PIN_FILE:
		job->sign.pin_file = optarg;
		return true;
	case OPT_MODULE:
		job->sign.module = optarg;
		return true;
	case OPT_REPLACE:
		job->replace = true;
		return true;
	case OPT_OUT:
		job->out = optarg;
		return true;
	case OPT_VERBOSE:
		progress_always();
		return true;
	}
	return false;
}

/* -1 to go on, otherwise the exit code. */
static int read_words(int argc, char **argv, struct job *job)
{
	int code;

	while ((code = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (code == OPT_HELP) {
			fputs(help, stdout);
			return EXIT_DONE;
		}
		if (!take(job, code))
			return EXIT_MISUSE;
	}
	if (argc - optind != 1 || !job->out || !job->sign.key) {
		complain("sign: it takes one FILE, --sign-key, --sign-cert and --out "
			 "(protostar sign --help)");
		return EXIT_MISUSE;
	}
	job->in = argv[optind];
	return sign_request_complete(&job->sign) ? -1 : EXIT_MISUSE;
}

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

int sign_command(int argc, char **argv)
{
	struct job job = {0};
	int code = read_words(argc, argv, &job);

	if (code >= 0)
		return code;
	umask(022);
	interrupt_watch();
	return sign(&job) ? EXIT_DONE : EXIT_REFUSED;
}
