/* The server's door: new connections, and who gives way to them. */
#ifndef TOOLS_SERVE_DOOR_H
#define TOOLS_SERVE_DOOR_H

#include "tools/serve/loop.h"

/* Takes new connections, as many as are there, but leaves the others their turn. */
void door_accept(struct server *s);

#endif
