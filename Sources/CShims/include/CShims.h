// What Glibc's module map hides or Swift cannot import. One header a subject; nothing here has a body worth a test of its own.
#ifndef CSHIMS_H
#define CSHIMS_H

#include "crc32c.h"
#include "errors.h"
#include "files.h"
#include "memory.h"
#include "process.h"
#include "sockets.h"
#include "terminal.h"

#endif
