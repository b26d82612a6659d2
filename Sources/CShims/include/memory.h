// malloc's tuning, which is glibc's own.
#ifndef CSHIMS_MEMORY_H
#define CSHIMS_MEMORY_H

/// Gives large blocks back to the system when they are freed, for as long as the process runs.
void cshims_return_large_blocks(void);

#endif
