import JournalFormat

/// When the newest report came, when a payment was last confirmed, and when the last whole listing ended, whichever node made it;
/// in nanoseconds since 1970, nil before there was one.
struct LastTimes: Sendable {
    var received: Int64?
    var confirmed: Int64?
    var listed: Int64?

    mutating func note(_ entry: EntryView) {
        switch entry.record {
        case .received: received = entry.time
        case .confirmed: confirmed = entry.time
        default: break
        }
    }

    mutating func note(_ record: RecordRow) {
        switch record.kind {
        case "received": received = record.time
        case "confirmed": confirmed = record.time
        default: break
        }
    }
}
