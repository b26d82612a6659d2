#define _GNU_SOURCE
#include "process.h"

#include "files.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <unistd.h>

int cshims_pipe2(int ends[2], int flags) {
    return pipe2(ends, flags);
}

void cshims_idle_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
    struct sched_param none = {0};
    sched_setscheduler(0, SCHED_IDLE, &none);
    cshims_idle_io();
}

int cshims_close_from(void *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
