// statx, renameat2 and sync_file_range, _GNU_SOURCE names, and ioprio_set, for which glibc has no function.
#ifndef CSHIMS_FILES_H
#define CSHIMS_FILES_H

#include <stdint.h>

/// When a file was created, in nanoseconds since 1970; -1 where the file system does not tell.
int64_t cshims_birth_time(const char *_Nonnull path);

/// What a path leads to has another name, which must be free.
int cshims_rename_to_free(const char *_Nonnull from, const char *_Nonnull to);

/// Each of two paths leads to what the other did, at once.
int cshims_exchange(const char *_Nonnull one, const char *_Nonnull other);

/// The bytes of a part of a file are on the disk; what says where they are need not be.
int cshims_write_out(int file, int64_t offset, int64_t count);

/// The calling thread's reading and writing waits for everybody else's.
int cshims_idle_io(void);

/// It comes behind everybody else's, but does come.
int cshims_low_io(void);

#endif
