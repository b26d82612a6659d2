#define _GNU_SOURCE
#include "sockets.h"

#include <sys/socket.h>

int cshims_accept4(int socket, struct sockaddr *address, unsigned int *length, int flags) {
    return accept4(socket, address, length, flags);
}
