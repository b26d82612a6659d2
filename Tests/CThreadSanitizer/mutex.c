// Lets ThreadSanitizer see Swift's Mutex; in other builds there is nothing in this file.
//
// A free lock is taken and given back in code that is inlined into its user and so compiled with the sanitizer. One that somebody else
// wants too is taken and given back in the runtime's library, which is not: whatever it protects would be reported as a race. What
// the program itself defines goes before what a library does, so the library's functions are wrapped here under their own names.
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

typedef SWIFT void (*LockSlow)(uint32_t thread, SELF word);
typedef SWIFT bool (*TryLockSlow)(SELF word);
typedef SWIFT void (*UnlockSlow)(SELF word);

extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

SWIFT void lock_slow(uint32_t thread, SELF word) __asm__(LOCK_SLOW);
SWIFT bool try_lock_slow(SELF word) __asm__(TRY_LOCK_SLOW);
SWIFT void unlock_slow(SELF word) __asm__(UNLOCK_SLOW);

SWIFT void lock_slow(uint32_t thread, SELF word) {
    ((LockSlow)dlsym(RTLD_NEXT, LOCK_SLOW))(thread, word);
    __tsan_acquire(word);
}

SWIFT bool try_lock_slow(SELF word) {
    bool taken = ((TryLockSlow)dlsym(RTLD_NEXT, TRY_LOCK_SLOW))(word);
    if (taken) __tsan_acquire(word);
    return taken;
}

SWIFT void unlock_slow(SELF word) {
    __tsan_release(word);
    ((UnlockSlow)dlsym(RTLD_NEXT, UNLOCK_SLOW))(word);
}

#endif
