// CRC-32C (Castagnoli, RFC 3720 appendix B.4) by the processor's own instruction.
#ifndef CSHIMS_CRC32C_H
#define CSHIMS_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has the instruction; when not, the caller computes by table.
bool cshims_crc32c_available(void);

/// The raw register after `count` bytes: no inversion before or after, so that calls chain.
uint32_t cshims_crc32c_update(uint32_t crc, const uint8_t *bytes, size_t count);

#endif
