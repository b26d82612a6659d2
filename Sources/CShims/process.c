#define _GNU_SOURCE
#include "process.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

int cshims_pipe2(int ends[2], int flags) {
    return pipe2(ends, flags);
}

int cshims_close_from(void *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
