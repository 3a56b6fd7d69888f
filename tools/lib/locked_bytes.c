/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/locked_bytes.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/secret.h"

static struct failure protect(const struct locked_bytes *b)
{
	if (madvise(b->data, b->mapped_len, MADV_DONTDUMP) ||
		madvise(b->data, b->mapped_len, MADV_WIPEONFORK))
		return refuse("memory for secrets cannot be protected: %s", strerror(errno));
	if (mlock(b->data, b->mapped_len))
		return refuse("no locked memory for %zu bytes: raise RLIMIT_MEMLOCK (ulimit -l) "
			      "above %zu KiB",
			b->len, b->mapped_len / 1024 + 1024);
	return failure_none();
}

struct failure locked_bytes_new(size_t len, struct locked_bytes *out)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct locked_bytes b = {.len = len};
	struct failure f;
	void *p;

	if (!len || len > SIZE_MAX - page)
		return refuse("no locked memory of %zu bytes", len);
	b.mapped_len = (len + page - 1) / page * page;
	p = mmap(NULL, b.mapped_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return refuse("out of memory");
	b.data = p;
	f = protect(&b);
	if (f.happened)
		munmap(b.data, b.mapped_len);
	else
		*out = b;
	return f;
}

void locked_bytes_free(struct locked_bytes *b)
{
	if (b->data) {
		wipe(b->data, b->mapped_len);
		munmap(b->data, b->mapped_len);
	}
	*b = (struct locked_bytes){0};
}
