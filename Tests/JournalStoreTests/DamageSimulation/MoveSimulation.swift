import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments

@testable import JournalStore

/// A seeded run of a ledger under which somebody moves or removes its segment, its lock or its directory: it takes nothing more, and what it
/// had acknowledged is there when all has been put back as it says.
struct MoveSimulation: SeededLife {
    private enum Mishap: CaseIterable {
        case segmentMoved, segmentRemoved, lockMoved, directoryMoved, directoryRemoved
    }

    private static let elsewhere = "elsewhere"

    private(set) var states = 0
    private var random: SplitMix64
    private var world = PaymentWorld()

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func run() throws {
        states = 1
        let mark = RunMark(begins: 1...1, gaps: .init())
        let disk = SimulatedDisk(keepsCalls: false)
        let driver = try LedgerDriver(disk, segmentBytes: 2500, id: "id", mark: mark)
        for _ in 0..<random.next() % 12 { try act(driver) }
        let backup = disk.state.writtenBack()
        let mishap = Mishap.allCases.randomElement(using: &random)!
        let name = SegmentName.name(firstSeq: try disk.segments().last ?? 1)
        perform(mishap, disk, name)
        // Within a second it may go on: what it writes then is not lost.
        for _ in 0..<random.next() % 4 { try act(driver) }
        driver.pass(.seconds(1))
        if random.next() % 2 == 0 { try act(driver) }
        // What says nothing new needs no write.
        if driver.ledger.failure == nil { driver.checkPlace() }
        do {
            try judgeEnd(driver)
            let acknowledged = mark.value.durable
            try judgeUnmended(disk.state, mishap, driver, acknowledged)
            try putBack(mishap, disk, name, backup, acknowledged)
            try judge(mishap == .directoryRemoved ? self.disk : disk, driver, acknowledged)
        } catch { throw Violation("\(mishap): \(error)") }
    }

    /// What the journal's directory is after it was made anew.
    private var disk = SimulatedDisk(keepsCalls: false)

    private mutating func act(_ driver: LedgerDriver) throws {
        for _ in 0..<1 + random.next() % 3 {
            let (report, mark) = try world.report(using: &random)
            driver.record(report, mark: mark)
        }
        driver.turn()
    }

    private func perform(_ mishap: Mishap, _ disk: SimulatedDisk, _ name: String) {
        switch mishap {
        case .segmentMoved: disk.move(name, to: Self.elsewhere)
        case .segmentRemoved: disk.remove(name)
        case .lockMoved: disk.move(.lock, to: Self.elsewhere)
        case .directoryMoved: disk.move(.directory, to: Self.elsewhere)
        case .directoryRemoved:
            for name in disk.state.names.keys { disk.remove(name) }
            disk.move(.directory, to: nil)
        }
    }

    private mutating func judgeEnd(_ driver: LedgerDriver) throws {
        guard driver.ledger.failure != nil, driver.ledger.unavailability != nil else {
            throw Violation("it goes on, and says that all is well")
        }
        let (report, _) = try world.report(using: &random)
        guard case .unavailable = driver.ledger.record(report, peer: "") else { throw Violation("it takes a report") }
    }

    /// Who starts before it was put back is refused, or misses nothing.
    private func judgeUnmended(
        _ state: DiskState, _ mishap: Mishap, _ driver: LedgerDriver, _ acknowledged: Int64
    ) throws {
        guard mishap == .segmentMoved || mishap == .segmentRemoved else { return }
        let disk = SimulatedDisk(state, keepsCalls: false)
        if (try? start(disk)) != nil { try judge(disk, driver, acknowledged) }
    }

    private mutating func putBack(
        _ mishap: Mishap, _ disk: SimulatedDisk, _ name: String, _ backup: DiskState, _ acknowledged: Int64
    ) throws {
        switch mishap {
        case .segmentMoved: disk.move(Self.elsewhere, to: name)
        case .segmentRemoved: disk.move("\(name).rescued", to: name)
        case .lockMoved: break
        case .directoryMoved, .directoryRemoved:
            guard let rescue = disk.rescue, try DurableMark.read(from: rescue) >= acknowledged else {
                throw Violation("what was acknowledged is not noted beside the directory")
            }
            guard mishap == .directoryRemoved else { return }
            self.disk = SimulatedDisk(backup, keepsCalls: false)
            guard let bytes = rescue.content(name) else { throw Violation("the newest segment is not saved") }
            self.disk.put(bytes, as: name)
        }
    }

    private func start(_ disk: SimulatedDisk) throws -> FileLedger {
        try FileLedger(
            disk, LedgerFixture.options(), journal: .test(segmentBytes: 2500), randomID: "fresh", seed: 1, clock: { 0 })
    }

    /// A start goes on, and has each report that was acknowledged.
    private func judge(_ disk: SimulatedDisk, _ driver: LedgerDriver, _ acknowledged: Int64) throws {
        let disk = SimulatedDisk(disk.state.writtenBack(), keepsCalls: false)
        let ledger = try start(disk)
        var peers: [Int64: String] = [:]
        let damage = try JournalReader(disk).forEachLine { _, entry in
            if case .received(let received) = entry.record { peers[entry.seq] = received.peer }
        }
        if let damage { throw Violation("\(damage)") }
        for offer in driver.offers where offer.seq <= acknowledged {
            // One that says the same may stand for it.
            guard let mark = peers[offer.seq].flatMap({ Int($0) }),
                world.reports[mark - 1].summary == world.reports[offer.mark - 1].summary
            else { throw Violation("report \(offer.mark) is gone: record \(offer.seq) of \(ledger.durable)") }
        }
    }
}

extension LedgerDriver {
    /// What is done once a second.
    fileprivate func checkPlace() { withJournal { ledger.checkPlace() } }
}
