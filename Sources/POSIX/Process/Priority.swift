import CShims
import Glibc

/// How much of the machine the calling thread gets.
public enum Priority {
    /// `setpriority(2)` and `ioprio_set(2)`: only what nobody else wants. Where that is refused, it stays as it was.
    public static func lower() {
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
        _ = cshims_idle_io()
    }
}
