/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Computes the digests of a boot: each different run of bytes once for each bank, on all cores. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"
#include "tools/measure/model/boot.h"

#define THREADS_MAX 8u

/* One hash to compute, of the pieces of one event. */
struct job {
	struct boot_event *event;
	enum bank bank;
	size_t bytes;
};

struct work {
	struct job *jobs;
	size_t count, next;
	pthread_mutex_t lock; /* of next */
};

/* A measurements file names pieces whose bytes are not at hand. */
static bool can_hash(const struct boot_event *event)
{
	for (size_t i = 0; i < event->piece_count; i++)
		if (event->pieces[i].len && !event->pieces[i].data)
			return false;
	return event->piece_count > 0;
}

static size_t bytes_of(const struct boot_event *event)
{
	size_t sum = 0;

	for (size_t i = 0; i < event->piece_count; i++)
		sum += event->pieces[i].len + event->pieces[i].zeros;
	return sum;
}

static bool same_bytes(const struct boot_event *a, const struct boot_event *b)
{
	if (a->piece_count != b->piece_count)
		return false;
	for (size_t i = 0; i < a->piece_count; i++)
		if (a->pieces[i].data != b->pieces[i].data ||
			a->pieces[i].len != b->pieces[i].len ||
			a->pieces[i].zeros != b->pieces[i].zeros)
			return false;
	return true;
}

/* The earlier event that hashes the same bytes in memory; NULL: this is the first. */
static const struct boot_event *earlier_twin(const struct boot *boot, size_t index)
{
	if (!can_hash(&boot->events[index]))
		return NULL;
	for (size_t i = 0; i < index; i++)
		if (same_bytes(&boot->events[i], &boot->events[index]))
			return &boot->events[i];
	return NULL;
}

static void hash_pieces(const struct job *job)
{
	struct bank_hash_state *state = bank_begin(job->bank);

	for (size_t i = 0; i < job->event->piece_count; i++) {
		const struct boot_piece *piece = &job->event->pieces[i];

		bank_add(state, piece->data, piece->len);
		bank_add_zeros(state, piece->zeros);
	}
	bank_end(state, job->event->digest[job->bank]);
}

static void *do_jobs(void *context)
{
	struct work *work = context;

	for (;;) {
		size_t index;

		pthread_mutex_lock(&work->lock);
		index = work->next++;
		pthread_mutex_unlock(&work->lock);
		if (index >= work->count)
			return NULL;
		hash_pieces(&work->jobs[index]);
	}
}

static int longest_first(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	return (x->bytes < y->bytes) - (x->bytes > y->bytes);
}

/* This thread works too, so that a machine that gives no more threads only takes longer. */
static void share_out(struct work *work)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[THREADS_MAX];
	size_t started = 0;

	qsort(work->jobs, work->count, sizeof(*work->jobs), longest_first);
	while (started < THREADS_MAX && (long)started + 1 < cores && started + 1 < work->count &&
		pthread_create(&threads[started], NULL, do_jobs, work) == 0)
		started++;
	do_jobs(work);
	while (started)
		pthread_join(threads[--started], NULL);
}

static bool collect(struct boot *boot, unsigned banks, struct work *work)
{
	for (size_t i = 0; i < boot->count; i++) {
		struct boot_event *event = &boot->events[i];
		unsigned missing = banks & ~event->banks;

		if (missing && !can_hash(event))
			return complain(
				"%s: no digest is known in a bank that is asked for", event->what);
		if (!missing || earlier_twin(boot, i))
			continue;
		for (unsigned bank = 0; bank < BANK_COUNT; bank++)
			if (missing & BANK_BIT(bank))
				work->jobs[work->count++] = (struct job){
					event, (enum bank)bank, bytes_of(event)};
	}
	return true;
}

static void copy_to_twins(struct boot *boot, unsigned banks)
{
	for (size_t i = 0; i < boot->count; i++) {
		struct boot_event *event = &boot->events[i];
		const struct boot_event *twin = earlier_twin(boot, i);

		if (twin)
			memcpy(event->digest, twin->digest, sizeof(event->digest));
		event->banks |= banks;
	}
}

bool boot_hash(struct boot *boot, unsigned banks)
{
	struct work work = {.lock = PTHREAD_MUTEX_INITIALIZER};
	bool fine;

	work.jobs = must_alloc((boot->count * BANK_COUNT + 1) * sizeof(*work.jobs));
	fine = collect(boot, banks, &work);
	if (fine) {
		share_out(&work);
		copy_to_twins(boot, banks);
		boot->banks |= banks;
	}
	free(work.jobs);
	return fine;
}
