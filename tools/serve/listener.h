/* The listening socket and the signals that the event loop takes. */
#ifndef TOOLS_SERVE_LISTENER_H
#define TOOLS_SERVE_LISTENER_H

#include <netinet/in.h>
#include <stdbool.h>

/* A non-blocking socket that listens; -1 with errno. An IPv4 address needs no IPv6 in the kernel.
 */
int listener_open(const struct sockaddr_in6 *address);
/* The next connection and where it comes from; -1 with errno. */
int listener_accept(int listener, struct sockaddr_in6 *out_from);
/* Where the socket is bound, with the port that was given to it. */
void listener_address(int listener, struct sockaddr_in6 *out);
/* Blocks SIGTERM, SIGINT and SIGHUP and makes them readable; -1 with errno. */
int listener_signals(void);

#endif
