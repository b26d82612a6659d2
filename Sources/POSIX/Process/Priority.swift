import CShims
import Glibc

/// How much of the machine the calling thread gets.
public enum Priority {
    /// `setpriority(2)` and `ioprio_set(2)`: a tenth of what others get of the processors, and of the disk what they leave. Where that is
    /// refused, it stays as it was.
    public static func lower() {
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        _ = cshims_idle_io()
    }
}
