/// How far a state reflects its journal.
package struct Frontier: Sendable {
    /// The last record that the state reflects, or that is on its way to it; nil when that is not known.
    package private(set) var last: JournalPosition?
    /// Groups of records that have been appended and are not applied yet: until then the state is of no one moment.
    private var underWay = 0

    /// Whether all that was appended is applied.
    package var isIdle: Bool { underWay == 0 }

    /// The record as of which a snapshot is; nil while there is no such moment.
    package var settled: JournalPosition? { isIdle ? last : nil }

    /// Of a state that reflects its journal up to a record.
    package init(behind position: JournalPosition? = nil) { last = position }

    /// A record has been appended that the state reflects already, or will.
    package mutating func append(_ position: JournalPosition) { last = position }

    /// Records have been appended that are applied when they are durable.
    package mutating func begin(upTo last: JournalPosition?) {
        self.last = last ?? self.last
        underWay += 1
    }

    /// They are durable, or never will be.
    package mutating func end() { underWay -= 1 }

    /// What follows a record was rejected.
    mutating func rollBack(after seq: Int64) {
        if let last, last.seq > seq { self.last = nil }
    }
}
