// accept4 and epoll: _GNU_SOURCE names that Swift's Glibc module does not show.
#ifndef CSHIMS_SOCKETS_H
#define CSHIMS_SOCKETS_H

#include <sys/epoll.h>
#include <sys/socket.h>

int cshims_accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

#endif
