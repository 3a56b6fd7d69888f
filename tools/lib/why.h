/* One sentence for a person about what went wrong, filled in where it went wrong. */
#ifndef TOOLS_LIB_WHY_H
#define TOOLS_LIB_WHY_H

#include <stdbool.h>

struct why {
	char text[512];
};

void why_write(struct why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline bool why_is_given(bool given)
{
	return !given;
}

/* Writes the sentence and is false, so that a function can end with it (and compilers see that). */
#define refuse(why, ...) why_is_given((why_write((why), __VA_ARGS__), true))

#endif
