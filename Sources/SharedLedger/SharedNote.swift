public import Payments

/// What nodes tell each other beside the records: short-lived, since a start makes everything due.
public enum SharedNote: Hashable, Sendable {
    /// The node begins a call for a payment, whose answer may settle reports up to a record.
    case began(payment: PaymentID, upTo: Int64)
    /// Its call has ended; times of the schedule are nanoseconds since 1970 on the server's clock.
    case ended(payment: PaymentID, PaymentSchedule)
    /// The node begins to list; reports up to a record came before.
    case beganListing(upTo: Int64)
    /// It has ended: when, in nanoseconds since 1970 on the server's clock, if it was whole.
    case endedListing(wholeAt: Int64?)
    /// A confirmation goes out again, to every endpoint.
    case redelivers(payment: PaymentID, seq: Int64)
    /// Whoever lists is asked to list now.
    case asksForListing
    /// A node is dead: what it had under way is free.
    case dead(node: Int64)
}

/// Notes to bytes, and back: 64-bit words, the lowest byte first.
///
///     notes    = *( 1 payment up-to / 2 payment schedule / 3 up-to / 4 whole-at / 5 payment seq / 6 / 7 node )
///     schedule = flags failures attempts not-before n n*( seq due lags absences )     flags: 1 answered, 2 news
enum NoteCoder {
    static func encode(_ notes: [SharedNote]) -> [UInt8] {
        var words: [Int64] = []
        for note in notes { append(note, to: &words) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.count * 8)
        for word in words {
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> Int64(shift)))
            }
        }
        return bytes
    }

    private static func append(_ note: SharedNote, to words: inout [Int64]) {
        switch note {
        case .began(let payment, let upTo): words += [1, payment, upTo]
        case .ended(let payment, let schedule):
            let flags: Int64 = (schedule.isAnswered ? 1 : 0) | (schedule.isNews ? 2 : 0)
            words += [
                2, payment, flags, Int64(schedule.failures), Int64(schedule.attempts), schedule.notBefore.nanoseconds,
                Int64(schedule.turns.count),
            ]
            for turn in schedule.turns {
                words += [turn.seq, turn.due.nanoseconds, Int64(turn.lags), Int64(turn.absences)]
            }
        case .beganListing(let upTo): words += [3, upTo]
        case .endedListing(let wholeAt): words += [4, wholeAt ?? 0]
        case .redelivers(let payment, let seq): words += [5, payment, seq]
        case .asksForListing: words.append(6)
        case .dead(let node): words += [7, node]
        }
    }

    /// Nil when the bytes are no notes that this program knows.
    static func decode(_ bytes: [UInt8]) -> [SharedNote]? {
        guard bytes.count % 8 == 0 else { return nil }
        var words = Words(
            words: stride(from: 0, to: bytes.count, by: 8).map { start -> Int64 in
                var word: Int64 = 0
                for byte in bytes[start..<start + 8].reversed() { word = word << 8 | Int64(byte) }
                return word
            }[...])
        var notes: [SharedNote] = []
        while !words.isAtEnd {
            guard let note = words.note() else { return nil }
            notes.append(note)
        }
        return notes
    }
}

private struct Words {
    var words: ArraySlice<Int64>

    var isAtEnd: Bool { words.isEmpty }

    mutating func note() -> SharedNote? {
        guard let kind = words.popFirst() else { return nil }
        switch kind {
        case 1:
            guard let payment = words.popFirst(), let upTo = words.popFirst() else { return nil }
            return .began(payment: payment, upTo: upTo)
        case 2:
            guard let payment = words.popFirst(), let schedule = schedule() else { return nil }
            return .ended(payment: payment, schedule)
        case 3: return words.popFirst().map { .beganListing(upTo: $0) }
        case 4: return words.popFirst().map { .endedListing(wholeAt: $0 == 0 ? nil : $0) }
        case 5:
            guard let payment = words.popFirst(), let seq = words.popFirst() else { return nil }
            return .redelivers(payment: payment, seq: seq)
        case 6: return .asksForListing
        case 7: return words.popFirst().map { .dead(node: $0) }
        default: return nil
        }
    }

    private mutating func schedule() -> PaymentSchedule? {
        guard let flags = words.popFirst(), let failures = words.popFirst().flatMap({ UInt8(exactly: $0) }),
            let attempts = words.popFirst().flatMap({ UInt16(exactly: $0) }), let notBefore = words.popFirst(),
            let count = words.popFirst(), count >= 0, count <= words.count / 4
        else { return nil }
        var turns: [PaymentSchedule.Turn] = []
        for _ in 0..<count {
            guard let seq = words.popFirst(), let due = words.popFirst(),
                let lags = words.popFirst().flatMap({ UInt8(exactly: $0) }),
                let absences = words.popFirst().flatMap({ UInt8(exactly: $0) })
            else { return nil }
            turns.append(
                PaymentSchedule.Turn(seq: seq, due: Instant(nanoseconds: due), lags: lags, absences: absences))
        }
        return PaymentSchedule(
            isAnswered: flags & 1 != 0, isNews: flags & 2 != 0, failures: failures, attempts: attempts,
            notBefore: Instant(nanoseconds: notBefore), turns: turns)
    }
}

extension SharedNote {
    /// The same by a clock that is ahead by so much.
    func moved(ahead offset: Int64) -> SharedNote {
        guard case .ended(let payment, let schedule) = self else { return self }
        return .ended(payment: payment, schedule.moved(ahead: offset))
    }
}

extension PaymentSchedule {
    /// The same by a clock that is ahead by so much; what is no time stays none.
    func moved(ahead offset: Int64) -> PaymentSchedule {
        var moved = self
        moved.notBefore = notBefore.moved(ahead: offset)
        for index in moved.turns.indices { moved.turns[index].due = turns[index].due.moved(ahead: offset) }
        return moved
    }
}

extension Instant {
    fileprivate func moved(ahead offset: Int64) -> Instant {
        // The distant past, which says "never".
        nanoseconds == .min ? self : Instant(nanoseconds: nanoseconds &+ offset)
    }
}
