/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/secret.h"
#include "crypto/errors.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* One byte a block. Stored outside the arena, so that overrunning a secret cannot forge it. */
enum block {
	BLOCK_FREE,
	BLOCK_FIRST, /* a secret begins here */
	BLOCK_MORE,  /* the secret that began before goes on */
};

static struct {
	uint8_t *mapping; /* guard page, arena, guard page, block table */
	size_t mapping_len;
	uint8_t *arena;
	size_t arena_len;
	uint8_t *table;
	size_t blocks;
	unsigned generation;
} pool;

static unsigned times_opened;

void wipe(void *p, size_t len)
{
	if (!len)
		return;
	memset(p, 0, len);
	/* The compiler must believe that somebody reads the zeros. */
	__asm__ volatile("" : : "r"(p) : "memory");
}

bool equal_ct(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;
	uint8_t differ = 0;

	for (size_t i = 0; i < len; i++)
		differ |= (uint8_t)(x[i] ^ y[i]);
	/* Without this the compiler may leave the loop at the first difference. */
	__asm__ volatile("" : "+r"(differ));
	return differ == 0;
}

static size_t round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* Everything inaccessible at first; the two parts in use are opened one by one. */
static struct status map_pool(size_t slots_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t arena_len = round_up(slots_bytes, page);
	size_t table_len = round_up(arena_len / SECRET_BLOCK, page);
	size_t len = page + arena_len + page + table_len;
	uint8_t *p = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return fail(E_SECRET_MAP);
	pool.mapping = p;
	pool.mapping_len = len;
	pool.arena = p + page;
	pool.arena_len = arena_len;
	pool.table = pool.arena + arena_len + page;
	pool.blocks = arena_len / SECRET_BLOCK;
	if (mprotect(pool.arena, arena_len, PROT_READ | PROT_WRITE) ||
		mprotect(pool.table, table_len, PROT_READ | PROT_WRITE))
		return fail(E_SECRET_PROTECT);
	return OK;
}

static struct status protect_arena(void)
{
	if (madvise(pool.arena, pool.arena_len, MADV_DONTDUMP))
		return fail(E_SECRET_DONTDUMP);
	if (madvise(pool.arena, pool.arena_len, MADV_WIPEONFORK))
		return fail(E_SECRET_WIPEONFORK);
	if (mlock(pool.arena, pool.arena_len))
		return fail(E_SECRET_LOCK);
	return OK;
}

struct status secret_pool_open(size_t slots_bytes)
{
	struct status s;

	if (pool.mapping || !slots_bytes || slots_bytes > SECRET_POOL_MAX)
		return fail(E_SECRET_SIZE);
	s = map_pool(slots_bytes);
	if (!failed(s))
		s = protect_arena();
	if (failed(s)) {
		secret_pool_close();
		return s;
	}
	pool.generation = ++times_opened;
	return OK;
}

void secret_pool_close(void)
{
	if (!pool.mapping)
		return;
	/* An arena that was never handed out may still be inaccessible, and holds nothing. */
	if (pool.generation)
		wipe(pool.arena, pool.arena_len);
	munmap(pool.mapping, pool.mapping_len);
	memset(&pool, 0, sizeof(pool));
}

unsigned secret_pool_generation(void)
{
	return pool.generation;
}

/* Index of the first run of `count` free blocks, or room.blocks when there is none. */
static size_t find_run(size_t count)
{
	size_t run = 0;

	for (size_t i = 0; i < pool.blocks; i++) {
		run = pool.table[i] == BLOCK_FREE ? run + 1 : 0;
		if (run == count)
			return i + 1 - count;
	}
	return pool.blocks;
}

struct status secret_new(size_t len, struct secret *out)
{
	size_t count, first;

	if (!pool.generation)
		return fail(E_SECRET_CLOSED);
	if (!len || len > SECRET_MAX)
		return fail(E_SECRET_LENGTH);
	count = round_up(len, SECRET_BLOCK) / SECRET_BLOCK;
	first = find_run(count);
	if (first == pool.blocks)
		return fail(E_SECRET_FULL);
	memset(pool.table + first, BLOCK_MORE, count);
	pool.table[first] = BLOCK_FIRST;
	out->bytes = pool.arena + first * SECRET_BLOCK;
	out->len = len;
	return OK;
}

void secret_free(struct secret *s)
{
	uintptr_t at = (uintptr_t)s->bytes, arena = (uintptr_t)pool.arena;
	size_t first, end;

	s->bytes = NULL;
	s->len = 0;
	if (!pool.generation || at < arena || at - arena >= pool.arena_len)
		return;
	first = (at - arena) / SECRET_BLOCK;
	if (pool.table[first] != BLOCK_FIRST)
		return;
	/* The run's length comes from the table: an owner may have shortened its handle. */
	for (end = first + 1; end < pool.blocks && pool.table[end] == BLOCK_MORE;)
		end++;
	wipe(pool.arena + first * SECRET_BLOCK, (end - first) * SECRET_BLOCK);
	memset(pool.table + first, BLOCK_FREE, end - first);
}
