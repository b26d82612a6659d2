// strerrorname_np: a _GNU_SOURCE name.
#ifndef CSHIMS_ERRORS_H
#define CSHIMS_ERRORS_H

/// The name of an errno, or a null pointer when it has none.
const char *_Nullable cshims_error_name(int error);

#endif
