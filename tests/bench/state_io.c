/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Speed of one mounted file system, in a guest: state_io NAME FOLDER. Prints one line a figure,
 * "protostar-bench: NAME.what number", on standard output.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define CHUNK	    (1u << 20)
#define CHUNKS	    32u
#define SMALL	    4096u
#define SMALL_COUNT 200u

static const char *name;
static uint8_t buffer[CHUNK];

static void fail(const char *what)
{
	printf("protostar-bench: failed: %s: %s: %s\n", name, what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(const char *what, double value)
{
	printf("protostar-bench: %s.%s %.3f\n", name, what, value);
}

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		fail(path);
	return fd;
}

/* Bytes that no layer can guess or compress. */
static void fill(void)
{
	uint64_t x = 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < CHUNK; i += sizeof(x)) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(buffer + i, &x, sizeof(x));
	}
}

static void write_all(const char *path)
{
	int fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
	double began = now();

	for (unsigned i = 0; i < CHUNKS; i++)
		if (write(fd, buffer, CHUNK) != CHUNK)
			fail("write");
	if (fsync(fd))
		fail("fsync");
	say("write", CHUNKS / (now() - began));
	close(fd);
}

static void drop_caches(void)
{
	int fd = open_file("/proc/sys/vm/drop_caches", O_WRONLY);

	sync();
	if (write(fd, "3", 1) != 1)
		fail("drop caches");
	close(fd);
}

static void read_all(const char *path)
{
	int fd = open_file(path, O_RDONLY);
	double began = now();

	for (unsigned i = 0; i < CHUNKS; i++)
		if (read(fd, buffer, CHUNK) != CHUNK)
			fail("read");
	say("read", CHUNKS / (now() - began));
	close(fd);
}

/* Blocks in an order that no read-ahead or merging helps; the file's size stays as it is. */
static void write_small(const char *path)
{
	const unsigned blocks = CHUNKS * (CHUNK / SMALL);
	int fd = open_file(path, O_WRONLY | O_DSYNC);
	double began = now();

	for (unsigned i = 0; i < SMALL_COUNT; i++) {
		off_t at = (off_t)(i * 2654435761u % blocks) * SMALL;

		if (pwrite(fd, buffer, SMALL, at) != SMALL)
			fail("small write");
	}
	say("sync", SMALL_COUNT / (now() - began));
	close(fd);
}

static void usable(const char *folder)
{
	struct statvfs fs;

	if (statvfs(folder, &fs))
		fail(folder);
	say("usable", (double)fs.f_bavail * (double)fs.f_frsize / CHUNK);
}

int main(int argc, char **argv)
{
	char path[256];

	if (argc != 3)
		return 2;
	name = argv[1];
	snprintf(path, sizeof(path), "%s/bench", argv[2]);
	usable(argv[2]);
	fill();
	write_all(path);
	drop_caches();
	read_all(path);
	write_small(path);
	if (unlink(path))
		fail("unlink");
	return 0;
}
