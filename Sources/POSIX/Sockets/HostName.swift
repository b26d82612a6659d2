import Glibc

/// The name of the machine that this runs on.
public enum HostName {
    /// As gethostname(2) has it; empty when it cannot be told.
    public static var current: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            buffer.initialize(repeating: 0)
            // One less, so that it ends with a zero whatever happens.
            guard let start = buffer.baseAddress, gethostname(start, buffer.count - 1) == 0 else { return "" }
            return String(cString: start)
        }
    }
}
