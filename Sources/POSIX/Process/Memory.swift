import CShims
import Glibc

/// The process's memory.
public enum Memory {
    /// Has large blocks given back to the system when they are freed (mallopt(3)). To be called once, at the start.
    public static func returnLargeBlocks() {
        cshims_return_large_blocks()
    }

    /// Keeps what is in it from the other processes of its user, and off the disk: nobody but root may trace it (ptrace(2)) or read
    /// `/proc/PID/mem` and `environ`, and it leaves no core. A program that it runs has its own memory, and may not look back.
    public static func protect() throws(SystemError) {
        _ = try check("prctl") { cshims_forbid_dumps() }
        var none = rlimit()
        _ = try check("setrlimit") { setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) }
    }
}
