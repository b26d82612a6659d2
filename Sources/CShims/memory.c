#include "memory.h"
#include <malloc.h>

void cshims_return_large_blocks(void) {
    // Left alone, glibc raises both thresholds to the size of each large block that is freed, up to 32 MiB, and keeps what
    // is smaller: a checkpoint's buffers would stay for ever. Setting one switches that off.
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}
