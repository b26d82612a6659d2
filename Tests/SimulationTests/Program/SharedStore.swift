import Confirming
import JournalStore
import Ledger
import Payments
import SharedLedger
import SharedLedgerSimulation
import Synchronization

/// A node of a ledger in a database, as a run of the program has it.
final class SharedStore: Store {
    let node: SharedNode
    let link: SimulatedLink
    private let program: Program
    private let orders: Orders
    private let life = Mutex<Life?>(nil)
    /// What was begun last with who decides; the next waits for it.
    private let last = Mutex<Task<Void, Never>?>(nil)
    /// Which of all who decide a term made of this program.
    private let numbers = Mutex<[ObjectIdentifier: Int]>([:])

    /// What a node has to know besides its ledger.
    struct Orders: Sendable {
        let merchant: Merchant
        let slot: Int
        /// Gives a number to each who decides.
        let number: @Sendable (_ term: Term) -> Int
    }

    init(_ program: Program, _ database: SimulatedDatabase, _ options: LifeOptions, _ orders: Orders, seed: UInt64) {
        self.program = program
        self.orders = orders
        link = database.link(of: program.number)
        let shared = SharedNode.Options(
            limits: options.limits, account: LedgerAccount(api: "api:443", client: "client"),
            name: "node \(program.number)", version: "1", journal: "id", segmentBytes: options.segmentBytes,
            configuration: ["limits": "\(options.maxPending)"])
        node = SharedNode(link, shared, seed: seed, in: program.process.environment)
    }

    var ledger: any ReportLedger { node }

    /// Joins, as often as it takes.
    func open(_ life: Life) async throws {
        self.life.withLock { $0 = life }
        while true {
            do {
                try node.open()
                break
            } catch let fault as DatabaseFault where !life.isDead && fault.kind != .schema && fault.kind != .damaged {
                program.process.pause(1_000_000_000)
            }
        }
        node.start { [weak self] in self?.handle($0) }
    }

    func die() { link.kill() }

    func bury() {
        node.term?.ledger.detach()
        life.withLock { $0 = nil }
    }

    /// Stops in order.
    func end() async {
        await last.withLock { $0 }?.value
        await life.withLock { $0 }?.endDeciding()
        await node.close()
    }

    // MARK: Deciding

    private func handle(_ event: SharedNode.Event) {
        guard let life = life.withLock({ $0 }) else { return }
        switch event {
        case .began(let term): begin(term, life)
        case .ended:
            let isDone = Atomic(false)
            enqueue {
                await life.endDeciding()
                isDone.store(true, ordering: .relaxed)
            }
            while !isDone.load(ordering: .relaxed) { program.process.pause(5_000_000) }
        case .command(let command, let term):
            Task(executorPreference: program) {
                self.node.answer(command, with: await self.obey(command.text, term, life))
            }
        }
    }

    private func begin(_ term: Term, _ life: Life) {
        let (merchant, slot, number) = (orders.merchant, orders.slot, orders.number(term))
        numbers.withLock { $0[ObjectIdentifier(term)] = number }
        let deliverer = Deliverer(term.ledger, merchant.shop, program, as: number) { merchant[slot] }
        enqueue {
            // What fails then is the term, and its end is told.
            do { try await life.decide(term.ledger, as: number, deliverer) } catch {}
        }
    }

    private func enqueue(_ work: @escaping @Sendable () async -> Void) {
        last.withLock { last in
            last = Task(executorPreference: program) { [last] in
                await last?.value
                await work()
            }
        }
    }

    private func obey(_ command: String, _ term: Term, _ life: Life) async -> String {
        let words = command.split(separator: " ")
        switch words.first {
        case "replay":
            guard let payment = words.last.flatMap({ PaymentID($0) }) else { return "which?" }
            do { _ = try await term.ledger.redeliver(.payment(payment), dryRun: false) } catch { return "\(error)" }
            // Whoever decides by then may know nothing of it.
            return "ok \(numbers.withLock { $0[ObjectIdentifier(term)] } ?? 0)"
        case "reconcile": return await life.decider?.reconciler.reconcile() == true ? "ok 0" : "one is under way"
        default: return "what?"
        }
    }

    // MARK: An operator

    /// Has whoever decides do something; returns who that is.
    @discardableResult
    func command(_ command: String) async throws -> Int {
        guard let life = life.withLock({ $0 }) else { throw RecordsUnreachable("it has ended") }
        let answer = if let term = node.term { await obey(command, term, life) } else { try node.handOver(command) }
        guard answer.hasPrefix("ok"), let number = Int(answer.dropFirst(3)) else { throw RecordsUnreachable(answer) }
        return number
    }

    /// Drops what is old, if it decides.
    func prune(before time: Int64) { _ = try? node.term?.ledger.prune(before: time) }

    func writeCheckpoint() async { await node.term?.ledger.checkpoint() }
}
