// statx: a _GNU_SOURCE name.
#ifndef CSHIMS_FILES_H
#define CSHIMS_FILES_H

#include <stdint.h>

/// When a file was created, in nanoseconds since 1970; -1 where the file system does not tell.
int64_t cshims_birth_time(const char *_Nonnull path);

#endif
