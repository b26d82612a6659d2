import CShims
import Glibc

/// How much of the machine the calling thread gets.
public enum Priority {
    /// `setpriority(2)` and `ioprio_set(2)`: a tenth of what others get of the processors, and the lowest priority at the disk that is not idle:
    /// that one would wait for ever where others never rest. Where it is refused, it stays as it was.
    public static func lower() {
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        _ = cshims_low_io()
    }
}
