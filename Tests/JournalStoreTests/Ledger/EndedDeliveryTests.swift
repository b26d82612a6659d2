import Glibc
import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import Testing

@testable import JournalStore

/// A delivery that has ended is not delivered again because a disk refused its record, and not forgotten either.
struct EndedDeliveryTests {
    private func confirmed() async throws -> LedgerFixture {
        let fixture = try LedgerFixture()
        try fixture.ledger.configure(endpoints: ["a"])
        fixture.record(try report(1, "paid"))
        let claim = try #require(fixture.claim())
        _ = try await fixture.ledger.settle(claim, try answer(1, "paid"), cause: .webhook)
        return fixture
    }

    private func deliveries(_ disk: SimulatedDisk) throws -> [String] {
        try disk.records().filter { $0.hasSuffix(" delivered") || $0.hasSuffix(" undeliverable") }
    }

    @Test(arguments: [true, false])
    func `a delivery's end that the disk refused is written when it takes records again`(isTaken: Bool) async throws {
        let fixture = try await confirmed()
        let outcome = DeliveryOutcome.accepted(status: 200)
        fixture.disk.setFault { call in
            if case .write(let name, _) = call, name.hasSuffix(".jsonl") { return .error(ENOSPC) }
            return nil
        }
        let claim = try #require(fixture.ledger.claimDelivery(for: "a"))
        if isTaken {
            // The record is taken, and then the disk refuses it.
            #expect(try fixture.ledger.conclude(claim, outcome) == .delivered)
        } else {
            // It is not even taken, since those who wait are being told of another's rejection.
            fixture.ledger.addObserver(ConcludesOnRejection(fixture.ledger, claim))
            fixture.record(try report(2, "paid"))
        }
        fixture.settle()
        #expect(try deliveries(fixture.disk).isEmpty)
        // Nobody else may know it before the journal does.
        #expect(await !fixture.ledger.checkpoint())
        fixture.disk.setFault(nil)
        fixture.record(try report(3, "paid"))
        fixture.settle()
        fixture.settle()
        #expect(try deliveries(fixture.disk).count == 1)
        #expect(await fixture.ledger.checkpoint())
        fixture.ledger.close()
        #expect(try fixture.reopened().ledger.endpointStatus.map(\.waiting) == [0])
        fixture.disk.remove(Checkpoint.name)
        #expect(try fixture.reopened().ledger.endpointStatus.map(\.waiting) == [0])
    }
}

/// Concludes a delivery while the ledger is being told of a rejection.
private final class ConcludesOnRejection: LedgerObserver {
    private let ledger: FileLedger
    private let claim: DeliveryClaim

    init(_ ledger: FileLedger, _ claim: DeliveryClaim) {
        self.ledger = ledger
        self.claim = claim
    }

    func ledgerDidReject(after position: Int64, reason: String) {
        #expect(throws: JournalUnavailable.self) { try ledger.conclude(claim, .accepted(status: 200)) }
    }
}
