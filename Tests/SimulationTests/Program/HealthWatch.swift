import Confirming
import JSON
import JournalFormat
import JournalStoreSimulation
import Ledger
import Logging
import Receiver
import SharedLedgerSimulation
import Synchronization

@testable import Admin
@testable import JournalStore

/// What an operator hears of one run of the program meanwhile: `/readyz`, the problems of `status`, and `/events` from the first record on.
/// None of it may say that all is well while something acknowledged cannot be taken, confirmed or read.
final class HealthWatch: LedgerObserver {
    private let life: Life
    private let store: FileStore
    /// The last record that was there before.
    private let first: Int64
    private let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
    private let damages: DamageList
    /// A write was refused, and none has succeeded since.
    private let isRefused = Atomic(false)

    init(_ life: Life, _ store: FileStore) {
        self.life = life
        self.store = store
        first = store.journal.durable
        damages = DamageList(logger)
        store.journal.addObserver(damages)
        store.journal.addObserver(self)
    }

    func ledgerDidCommit(upTo position: Int64) { isRefused.store(false, ordering: .relaxed) }

    func ledgerDidReject(after position: Int64, reason: String) {
        if !isRefused.exchange(true, ordering: .relaxed) { retryLater() }
    }

    /// As the keeper of the journal does, once a second.
    private func retryLater() {
        let process = life.program.process
        process.add(at: process.monotonic + 1_000_000_000) { [self] in
            guard !life.isDead, store.journal.failure == nil, store.journal.writeFailures.last != nil else { return }
            store.journal.retryWriting()
            retryLater()
        }
    }

    /// As `/readyz` has it.
    private var unreadiness: [String] {
        [store.journal.failure ?? store.journal.unavailability, life.decider?.confirmer.silence].compactMap { $0 }
    }

    /// As `status` has it.
    private var problems: [String] {
        let journal = store.journal
        let overview = LedgerOverview(
            counts: journal.counts, setAside: 0, waiting: [], endpoints: journal.endpointStatus, undelivered: nil,
            undeliveredSince: nil, segments: 0, bytes: 0, lastReceivedAt: nil, lastConfirmedAt: nil)
        return DaemonStatus(
            version: "1", startedAt: 0, now: life.program.wallClock, unreadiness: unreadiness,
            journal: .init(
                seq: journal.durable, room: journal.room, failure: journal.failure, writeFailures: nil),
            overview: overview, webhooks: ReceptionCounter(), verdicts: VerdictCounter(),
            api: life.decider?.confirmer.health.current ?? .init(), calls: [], lastReconciledAt: nil,
            openConnections: 0, damage: damages.all
        ).problems
    }

    // MARK: Judging

    /// At every step.
    func judge() throws {
        guard isRefused.load(ordering: .relaxed), !life.isDead else { return }
        if unreadiness.isEmpty || problems.isEmpty {
            throw Violation("a write was refused and none has succeeded since, and nothing says so")
        }
    }

    /// A report was answered 503.
    func judgeRefusal() throws {
        guard life.isServing else { return }
        if store.journal.unavailability == nil, !store.journal.isFull || problems.isEmpty {
            throw Violation("a report was answered 503, and nothing says so")
        }
    }

    /// Nothing goes wrong any more.
    func judgeCalm() throws {
        if !unreadiness.isEmpty { throw Violation("all is well, and it is not ready: \(unreadiness)") }
    }

    /// Before it ends: every durable record is at `/events`, in order and once, or a line tells that it does not come.
    func judgeEvents(unreadable: Set<Int64>) throws {
        let told = problems
        let durable = store.journal.durable
        var next: Int64 = 1
        var reader = store.journal.reader(after: 0)
        while reader.next <= durable {
            let page = try store.withoutFaults { try EventPage(behind: reader, durable: durable) }
            if page.end.next == reader.next {
                throw Violation("/events stands still at record \(reader.next) of \(durable)")
            }
            reader = page.end
            for line in page.bytes.split(separator: UInt8(ascii: "\n")) {
                let shown = try Self.records(line)
                guard shown.lowerBound == next else {
                    throw Violation("/events shows \(shown) where record \(next) is to come")
                }
                next = shown.upperBound + 1
                let text = String(decoding: line, as: UTF8.self)
                if text.hasPrefix(#"{"crc":"#) {
                    guard text.hasSuffix(#""reason":"unreadable"}"#), shown.lowerBound > first else { continue }
                    // It has come across what cannot be read.
                    if told.isEmpty { throw Violation("record \(next - 1) tells of damage, and status does not") }
                } else if !shown.allSatisfy({ unreadable.contains($0) || unreadable.contains($0 - 1) }) {
                    throw Violation("/events says \(text), and only \(unreadable.sorted()) cannot be read")
                }
            }
        }
        if next != durable + 1 { throw Violation("/events ends with record \(next - 1) of \(durable)") }
    }

    /// Which records a line is, or tells of.
    private static func records(_ line: ArraySlice<UInt8>) throws -> ClosedRange<Int64> {
        let members = try JSONValue(parsing: Array(line))
        if let seq = members["seq"]?.integer { return seq...seq }
        guard let from = members["from"]?.integer, let to = members["to"]?.integer else {
            throw Violation("/events says what nobody understands: \(String(decoding: line, as: UTF8.self))")
        }
        return from...to
    }
}
