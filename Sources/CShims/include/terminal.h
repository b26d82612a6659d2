// ioctl is variadic, and wcwidth an XSI name: neither shows in Swift's Glibc module.
#ifndef CSHIMS_TERMINAL_H
#define CSHIMS_TERMINAL_H

#include <stdint.h>

/// How many columns a terminal has, or 0 when the descriptor is none, or does not know.
unsigned int cshims_terminal_columns(int descriptor);

/// How many columns a character takes in the calling thread's locale; -1 for one that is not printed.
int cshims_character_columns(uint32_t character);

#endif
