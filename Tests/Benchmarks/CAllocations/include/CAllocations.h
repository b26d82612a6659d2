#pragma once

/// How many blocks of memory this thread has taken from the heap so far, whoever asked for them. Stays zero in a build with a
/// sanitizer, which has an allocator of its own.
unsigned long allocation_count(void);
