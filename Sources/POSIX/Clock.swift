import Glibc

/// The two clocks the program reads, in nanoseconds. Pure rooms are handed their values and never read them.
public enum Clock {
    /// `CLOCK_MONOTONIC`: schedules and time-outs run on it. Its zero is arbitrary.
    public static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

    /// `CLOCK_REALTIME`: nanoseconds since 1970-01-01T00:00:00Z, for people and records only.
    public static func realtime() -> Int64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        // Cannot fail for these two clocks with a valid pointer.
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
