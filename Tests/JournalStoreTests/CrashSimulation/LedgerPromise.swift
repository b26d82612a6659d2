import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import POSIX

@testable import JournalStore

/// What somebody relies on of a ledger: what has been acknowledged, and what it comes to.
struct LedgerPromise: Sendable {
    /// A part of a segment, which is there still, or in a file of its own.
    struct Piece: Sendable {
        var offset: Int
        var bytes: [UInt8]

        func isThere(_ file: DiskState.File) -> Bool {
            file.cache.starts(with: bytes) || file.cache.dropFirst(offset).starts(with: bytes)
        }
    }

    /// The journal's id; nil before it has one.
    var id: String?
    /// Where the journal may begin: more than one number while it is being pruned.
    var begins: ClosedRange<Int64> = 1...1
    /// Which records were dropped from there on.
    var gaps = Gaps()
    /// The acknowledged records by their numbers. Some may have been pruned or dropped since.
    private(set) var records: [Int64: Record] = [:]
    /// The last number that was acknowledged.
    private(set) var last: Int64 = 0
    /// What all that was ever acknowledged comes to.
    private(set) var model = LedgerModel()

    /// What repairs have cut.
    var setAside: [Piece] = []
    /// A repair that was under way: if the journal cannot be opened, it can be repaired.
    var order: LedgerCrashSimulation.Order?
    /// Until then the journal may still be the one of these promises.
    var others: [LedgerPromise] = []

    init() {}

    /// A journal that begins with record `first`, ends with record `last`, holds these records, and knows of no others.
    init(id: String?, first: Int64, last: Int64, entries: [Entry]) {
        self.id = id
        begins = first...first
        extend(with: entries, upTo: last)
        self.last = last
        gaps.certain = Gaps.missing(from: entries, first: first, last: last)
    }

    /// Promises what of these entries is not promised yet, up to a number.
    mutating func extend(with entries: [Entry], upTo seq: Int64) {
        for entry in entries where entry.seq > last && entry.seq <= seq {
            model.apply(entry.record, seq: entry.seq)
            records[entry.seq] = entry.record
            last = entry.seq
        }
    }

    /// The same while the journal is being pruned: it may begin anywhere, as long as nothing is missed.
    var pruning: LedgerPromise {
        var promise = self
        promise.begins = begins.lowerBound...Int64.max
        return promise
    }

    /// The same when the journal has been pruned to what a disk shows.
    func pruned(_ disk: SimulatedDisk) throws -> LedgerPromise {
        var promise = self
        let begin = try disk.withoutFaults { try disk.segments().first ?? 1 }
        promise.begins = begin...begin
        return promise
    }

    /// Requires that it is kept by a journal that holds these entries; returns what that journal promises.
    func check(_ entries: [Entry], id: String) throws -> LedgerPromise {
        if let own = self.id, own != id {
            guard let other = others.first(where: { $0.id == id }) else {
                throw Violation("the journal was \(own), now it is \(id)")
            }
            return try other.check(entries, id: id)
        }
        let begin = entries.first?.seq ?? 1
        guard begins.lowerBound <= begin else {
            throw Violation("the journal begins with record \(begin), and should with one of \(begins)")
        }
        let end = entries.last?.seq ?? 0
        if end < last { throw Violation("records up to \(last) were acknowledged; \(end) is the last now") }
        try checkGaps(entries, begin)
        for entry in entries {
            guard let record = records[entry.seq], entry.record != record else { continue }
            throw Violation("record \(entry.seq) was acknowledged as \(record), it is \(entry.record)")
        }
        var all = self
        all.extend(with: entries, upTo: .max)
        var found = LedgerPromise(id: id, first: begin, last: end, entries: entries)
        try found.requireSame(as: all.model)
        found.model = all.model
        found.setAside = setAside
        return found
    }

    /// Nothing that was cut may be lost.
    func checkSetAside(_ state: DiskState) throws {
        for piece in setAside where !state.names.values.contains(where: { piece.isThere(state.files[$0]) }) {
            throw Violation("what was cut is nowhere: \(text(piece.bytes))")
        }
    }

    /// Nothing that was pruned may be missed.
    private func requireSame(as all: LedgerModel) throws {
        for (id, reports) in all.waiting where model.waiting[id] != reports {
            throw Violation("reports \(reports) of payment \(id) wait; the journal has \(model.waiting[id] ?? [])")
        }
        for (id, reports) in all.aside where model.aside[id] != reports {
            throw Violation(
                "reports \(reports) of payment \(id) were abandoned; the journal has \(model.aside[id] ?? [])")
        }
        for (id, word) in all.words where model.words[id]?.current != word.current {
            throw Violation(
                "the last word on payment \(id) is \(text(word.current)); the journal has \(text(model.words[id]?.current))"
            )
        }
    }
}
