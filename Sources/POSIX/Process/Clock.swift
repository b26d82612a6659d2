import Glibc

/// The clocks the program reads, in nanoseconds. Pure rooms are handed their values and never read them.
public enum Clock {
    /// `CLOCK_MONOTONIC`: schedules and time-outs run on it. Its zero is arbitrary.
    public static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

    /// `CLOCK_REALTIME`: nanoseconds since 1970-01-01T00:00:00Z, for people and records only.
    public static func realtime() -> Int64 { read(CLOCK_REALTIME) }

    /// `CLOCK_REALTIME_COARSE`: the same as of the kernel's last tick, some milliseconds ago, for a fifth of the price.
    public static func coarseRealtime() -> Int64 { read(CLOCK_REALTIME_COARSE) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        // Cannot fail for these clocks with a valid pointer.
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
