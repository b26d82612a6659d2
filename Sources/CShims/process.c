#define _GNU_SOURCE
#include "process.h"

#include "files.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(cshims_spawn_setsid == POSIX_SPAWN_SETSID, "the flag of spawn.h");

int cshims_pipe2(int ends[2], int flags) {
    return pipe2(ends, flags);
}

int cshims_pidfd_open(int process) {
    return (int)syscall(SYS_pidfd_open, process, 0);
}

int cshims_forbid_dumps(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
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
