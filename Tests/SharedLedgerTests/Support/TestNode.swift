import JournalStore
import Ledger
import Payments
import SharedLedgerSimulation
import Synchronization

@testable import SharedLedger

/// A node, and whoever hears of what it does.
final class TestNode: LedgerObserver, Sendable {
    struct State {
        var isStarted = false
        var committed: Int64 = 0
        var refused: Set<Int64> = []
        var rejections: [Int64] = []
        var failure: String?
        var ended: [String] = []
        var commands: [String] = []
    }

    let process: SimulatedProcess
    let link: SimulatedLink
    let shared: SharedNode
    private let state = Mutex(State())

    init(_ number: Int, on machine: Machine, _ database: SimulatedDatabase, maxPending: Int) {
        process = SimulatedProcess(number, on: machine, zero: Int64(number) * 1_000_000_000_000)
        link = database.link(of: number)
        shared = SharedNode(
            link, .test(name: "node \(number)", maxPending: maxPending), seed: UInt64(number),
            in: process.environment)
        shared.addObserver(self)
    }

    /// What was heard.
    var heard: State { state.withLock { $0 } }

    var isDeciding: Bool { shared.term != nil }

    func start() {
        while true {
            do {
                try shared.open()
                break
            } catch { process.pause(1_000_000_000) }
            if link.isDead { return }
        }
        shared.start { [weak self] event in
            guard let self else { return }
            switch event {
            case .began: break
            case .ended(_, let reason): state.withLock { $0.ended.append(reason) }
            case .command(let command, _):
                state.withLock { $0.commands.append(command.text) }
                shared.answer(command, with: "done: \(command.text)")
            }
        }
        state.withLock { $0.isStarted = true }
    }

    func kill() { link.kill() }

    /// Stops in order, in the background.
    func stop() {
        Task(executorPreference: process) { await self.shared.close() }
    }

    /// Takes a report in; returns its position, or nil when it is not taken.
    func post(_ payment: Int64, state: String = "paid") -> Int64? {
        guard let report = try? ReportedPayment(body: Array(#"{"id":\#(payment),"state":"\#(state)"}"#.utf8).span),
            case .pending(let position) = shared.record(report, peer: "test")
        else { return nil }
        return position
    }

    func ledgerDidCommit(upTo position: Int64) { state.withLock { $0.committed = max($0.committed, position) } }

    func ledgerDidRefuse(_ positions: Set<Int64>) { state.withLock { $0.refused.formUnion(positions) } }

    func ledgerDidReject(after position: Int64, reason: String) { state.withLock { $0.rejections.append(position) } }

    func ledgerDidFail(reason: String, errno: Int32) { state.withLock { $0.failure = reason } }
}

extension SharedNode.Options {
    static func test(name: String, maxPending: Int = 1000, segmentBytes: Int64 = 1 << 20) -> SharedNode.Options {
        SharedNode.Options(
            limits: .init(maxPending: maxPending, confirmRate: 1000, confirmWindow: .seconds(3600)),
            account: LedgerAccount(api: "api:443", client: "client"), name: name, version: "1", journal: "id",
            segmentBytes: segmentBytes, configuration: [:])
    }
}
