import Dispatch
import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import POSIX
import Synchronization

@testable import JournalStore

/// A ledger on a simulated disk, with a clock that the test turns.
struct LedgerFixture {
    let disk: SimulatedDisk
    let ledger: FileLedger
    let clock: ManualClock
    let log = LedgerLog()

    init(
        _ disk: SimulatedDisk = SimulatedDisk(), segmentBytes: Int64 = 1 << 20, maxPending: Int = 100,
        minimumFreeBytes: Int64 = 0, confirmWindow: Duration = .seconds(72 * 3600),
        hasBaseline: Bool = false, id: String = "id"
    ) throws {
        let clock = ManualClock()
        self.disk = disk
        self.clock = clock
        ledger = try FileLedger(
            disk,
            Self.options(maxPending: maxPending, minimumFreeBytes: minimumFreeBytes, confirmWindow: confirmWindow),
            journal: .test(segmentBytes: segmentBytes), randomID: id, seed: 1, clock: { clock.now })
        ledger.addObserver(log)
        if hasBaseline {
            _ = ledger.beginListing()
            _ = try ledger.endListing(isWhole: true)
        }
    }

    static func options(
        maxPending: Int = 100, minimumFreeBytes: Int64 = 0, confirmWindow: Duration = .seconds(72 * 3600)
    ) -> FileLedger.Options {
        FileLedger.Options(
            limits: .init(maxPending: maxPending, confirmRate: 1000, confirmWindow: confirmWindow),
            minimumFreeBytes: minimumFreeBytes)
    }

    /// Records a report, and answers its number.
    @discardableResult
    func record(_ report: ReportedPayment) -> Int64? {
        if case .pending(let seq) = ledger.record(report, peer: "unix") { return seq }
        return nil
    }

    /// Returns when all that was recorded is durable, rejected or lost.
    func settle() { ledger.journal.commits.queue.sync {} }

    /// The next claim, however long it takes until there is one.
    func claim() -> Claim? {
        clock.pass(.seconds(3600))
        return ledger.claim()
    }

    /// The same disk in the next run of the program.
    func reopened() throws -> LedgerFixture { try LedgerFixture(disk) }
}

/// A clock that moves when it is told to.
final class ManualClock: Sendable {
    private let nanoseconds = Atomic<Int64>(1_000_000_000_000)

    var now: Int64 { nanoseconds.load(ordering: .relaxed) }

    func pass(_ duration: Duration) { nanoseconds.add(duration.nanoseconds, ordering: .relaxed) }
}

/// Writes down what a ledger tells its observer.
final class LedgerLog: LedgerObserver {
    private let log: Mutex<[String]> = Mutex([])

    var events: [String] { log.withLock { $0 } }

    func ledgerDidCommit(upTo position: Int64) { log.withLock { $0.append("committed \(position)") } }

    func ledgerDidReject(after position: Int64, reason: String) { log.withLock { $0.append("rejected \(position)") } }

    func ledgerFoundDamage(_ damage: Damage) { log.withLock { $0.append("damaged \(damage.file) \(damage.fault)") } }

    func ledgerDidFail(reason: String, errno: Int32) { log.withLock { $0.append("failed \(errno)") } }
}

func report(_ id: PaymentID, _ state: String, amount: String = "150.0", second: Int = 0) throws -> ReportedPayment {
    let body = Array(json(id, state, amount, second).utf8)
    return try ReportedPayment(body: body.span)
}

func answer(_ id: PaymentID, _ state: String, amount: String = "150.0", second: Int = 0) throws -> Answer {
    .payment(try ConfirmedPayment(answer: Array(json(id, state, amount, second).utf8), asked: id))
}

private func json(_ id: PaymentID, _ state: String, _ amount: String, _ second: Int) -> String {
    """
    {"id":\(id),"state":"\(state)","amount":"\(amount)","currency":"btc",\
    "updated_at":"2026-11-22T22:31:\(second < 10 ? "0" : "")\(second)Z"}
    """
}
