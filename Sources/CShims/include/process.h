// pipe2, process descriptors, scheduling and the closing of all descriptors in a child: _GNU_SOURCE names.
#ifndef CSHIMS_PROCESS_H
#define CSHIMS_PROCESS_H

int cshims_pipe2(int ends[2], int flags);

/// pidfd_open(2), which closes at exec.
int cshims_pidfd_open(int process);

/// prctl(2) with PR_SET_DUMPABLE 0.
int cshims_forbid_dumps(void);

/// POSIX_SPAWN_SETSID
enum { cshims_spawn_setsid = 0x80 };

/// Names the calling thread, and has it get processor and disk only when nobody else wants them, as far as the system allows it.
void cshims_idle_thread(const char *name);

/// posix_spawn_file_actions_addclosefrom_np; `actions` is a posix_spawn_file_actions_t, whose type stays Glibc's.
int cshims_close_from(void *actions, int first);

#endif
