#define _GNU_SOURCE
#include "errors.h"

#include <string.h>

const char *cshims_error_name(int error) {
    return strerrorname_np(error);
}
