// accept4 and epoll: _GNU_SOURCE names that Swift's Glibc module does not show.
#ifndef CSHIMS_SOCKETS_H
#define CSHIMS_SOCKETS_H

#include <sys/epoll.h>

// Not from <sys/socket.h>: including it here would make its types this module's instead of Glibc's.
struct sockaddr;

int cshims_accept4(int socket, struct sockaddr *address, unsigned int *length, int flags);

#endif
