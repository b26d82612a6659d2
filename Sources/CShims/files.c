#define _GNU_SOURCE
#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>

int64_t cshims_birth_time(const char *path) {
    struct statx status;
    if (statx(AT_FDCWD, path, 0, STATX_BTIME, &status) != 0 || !(status.stx_mask & STATX_BTIME)) return -1;
    return status.stx_btime.tv_sec * 1000000000 + status.stx_btime.tv_nsec;
}
