#define _GNU_SOURCE
#include "terminal.h"

#include <sys/ioctl.h>
#include <wchar.h>

unsigned int cshims_terminal_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int cshims_character_columns(uint32_t character) { return wcwidth((wchar_t)character); }
