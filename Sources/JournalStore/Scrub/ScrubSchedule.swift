import JournalFormat

/// When the next piece of the journal at rest is to be read. Pure. Times are nanoseconds, those of the clock since 1970.
///
/// - **Rate.** Before a piece of n bytes is a pause of n / 5 MB/s at least, whatever the clock does.
/// - **Round.** If each piece is read when it is due, and no more comes to what is left, a round ends when its time does, or as soon as
///   the rate allows. So it does when the program is restarted meanwhile, or the clock set.
/// - **Evenness.** What is left of the time is divided by the pieces that are left: no pause is longer.
struct ScrubSchedule {
    /// What is read at once, at most: a stop waits for it.
    static let step = 64 << 10
    /// At 5 MB/s.
    private static let nanosecondsPerByte: Int64 = 200

    /// How long a round is to take.
    var round: Int64
    /// How far it has come; nil before the first one.
    private(set) var position: ScrubPosition?

    init(round: Int64, from position: ScrubPosition? = nil) {
        self.round = round
        self.position = position
    }

    /// A segment that begins with this record is the next to be read, or one behind it.
    var next: Int64 { position?.next ?? 1 }

    /// A round is under way from now on, if none was.
    mutating func begin(now: Int64) { position = position ?? ScrubPosition(beganAt: now) }

    /// All of a segment has been read.
    mutating func pass(_ first: Int64) { position?.next = first + 1 }

    /// All has been read; the next round begins.
    mutating func end(now: Int64) { position = ScrubPosition(beganAt: now, completedAt: now) }

    /// How long to wait before `count` bytes of `left` are read.
    mutating func pause(before count: Int64, of left: Int64, now: Int64) -> Int64 {
        let pieces = max(1, (left + count - 1) / max(1, count))
        return max(Self.shortest(count), timeLeft(now: now) / pieces)
    }

    /// How long to wait before so many bytes, at the least.
    static func shortest(_ count: Int64) -> Int64 { count * nanosecondsPerByte }

    /// How much of the round's time is left. A clock that was set back has it begin now.
    mutating func timeLeft(now: Int64) -> Int64 {
        if let position, position.beganAt > now { self.position?.beganAt = now }
        return max(0, round - (now - (position?.beganAt ?? now)))
    }
}
