import JSON
import JournalFormat
import JournalStore
import Ledger

/// A journal that the commands read, wherever it is kept. Everything here throws a `CommandFailure`, with the mend.
protocol JournalSource {
    /// How many segments it has.
    var segments: Int { get throws }

    /// What time it is by the clock that its records' times come from, in nanoseconds since 1970.
    var now: Int64 { get throws }

    /// Shows every good record that a filter lets through, with its line, without the newline, until one is not good; answers
    /// what is wrong with that one.
    func forEachLine(matching filter: RecordFilter, _ body: (ArraySlice<UInt8>, Entry) -> Void) throws -> String?

    /// Reads on behind a record as the journal grows; without one, behind the last.
    func tail(after seq: Int64?) throws -> any RecordTail

    /// Looks at every line; `progress` hears of the bytes read, and of how many there are.
    func verify(_ progress: (Int64, Int64) -> Void) throws -> VerifyReport

    /// Drops what is older than `before` (nanoseconds since 1970) and settled, or only says what would go.
    func prune(before: Int64, dryRun: Bool) throws -> PruneReport
}

/// Shows records as they become durable, each once, in order.
protocol RecordTail {
    /// Shows what has become durable since the last call; returns what stands in the way of more. Damage does not, and is told once. What
    /// passes by itself is nothing that does: then it throws `RecordsUnreachable`, and the next call goes on behind what was shown.
    mutating func poll(
        _ body: (ArraySlice<UInt8>, Entry) -> Void, pruned: (ClosedRange<Int64>) -> Void,
        damaged: (Damage) -> Void
    ) throws -> String?
}

/// What came of looking at every line.
struct VerifyReport {
    /// For people.
    var sentence: String
    /// For scripts.
    var json: String
    /// What is wrong, and where.
    var problems: [String]
    /// What to do about it; nil when nothing is.
    var hint: String?

    /// The first problem of what is only the beginning of a copy, however good its lines are.
    static let halfCopied = "copying it was interrupted: run the same \"ecryptopayd journal copy\" again"
    /// What that comes to.
    static let halfCopiedHint =
        "this is not all of a journal, and no daemon works on it before the copy has come to its end"

    /// What is wrong with the whole of a journal; `later` of its problems are no damage, but a later version's records.
    static func state(problems: Int, later: Int, isHalfCopied: Bool) -> String {
        if isHalfCopied { return "half a copy of a journal" }
        if problems == 0 { return "the journal is whole" }
        return problems == later ? "a later version of ecryptopayd wrote part of the journal" : "the journal is damaged"
    }

    /// What is said of records of kinds that this version passes over.
    static func note(passedOver kinds: [String: Int]) -> String {
        if kinds.isEmpty { return "" }
        let kinds = kinds.sorted { $0.key < $1.key }.map { "\($0.value) of kind \(JSONString.quoted($0.key))" }
        return "; passed over, since this version does not know them: \(kinds.joined(separator: ", "))"
    }
}

extension [String: Int] {
    /// Counts by name, for scripts.
    var json: String {
        "{\(sorted { $0.key < $1.key }.map { "\(JSONString.quoted($0.key)):\($0.value)" }.joined(separator: ","))}"
    }
}
