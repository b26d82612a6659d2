import JournalFormat
import Ledger
import Payments
import Synchronization

// Reading back what the state only knows the place of.
extension JournalLedger {
    /// The reports that claims answer, for each. One that nothing will ever read is judged as such; one that may be read later fails its
    /// claim, and no other.
    func reports(of claims: [Claim]) throws -> [Result<[ClaimedReport], any Error>] {
        // Numbers given twice would show others; they are judged no more.
        let generation = state.withLock { $0.generation }
        if claims.contains(where: { $0.generation != generation }) {
            return try claims.map { $0.generation == generation ? try self.reports(of: [$0])[0] : .success([]) }
        }
        let waiting = claims.flatMap(\.reports)
        let entries = try entries(at: waiting.map(\.position), of: "received")
        var reports = zip(waiting, entries).map { (waiting, entry) -> Result<ClaimedReport, any Error> in
            switch entry {
            case .success(let entry): .success(ClaimedReport(waiting: waiting, entry))
            case .failure(is Damage): .success(ClaimedReport(waiting: waiting, nil))
            case .failure(let error): .failure(error)
            }
        }[...]
        return claims.map { claim in
            defer { reports = reports.dropFirst(claim.reports.count) }
            return Result { try reports.prefix(claim.reports.count).map { try $0.get() } }
        }
    }

    /// Reads records of a kind, and tells of those that nothing will ever read.
    func entries(at positions: [JournalPosition], of kind: String) throws -> [Result<Entry, any Error>] {
        let durable = journal.durable
        return try zip(positions, journal.entries(at: positions, of: kind)).map { position, entry in
            guard case .failure(let damage as Damage) = entry else { return entry }
            // What is on its way to the disk is not there yet, and nothing is wrong with that.
            guard position.seq <= durable else {
                return .failure(RecordsUnreachable("record \(position.seq) is not on the disk yet"))
            }
            tell(of: damage)
            return entry
        }
    }

    func tell(of damage: Damage) { observers.tell { $0.ledgerFoundDamage(damage) } }

    /// The same, if it was damage that work on the journal has stopped at.
    func tell(ofDamageIn error: any Error) {
        if case .damaged(let damage, _)? = error as? JournalFault { tell(of: damage) }
    }
}

extension ClaimedReport {
    fileprivate init(waiting: WaitingReport, _ entry: Entry?) {
        var report: ReportedPayment?
        if case .received(let received)? = entry?.record { report = try? ReportedPayment(body: received.report.span) }
        self.init(waiting: waiting, report: report, receivedAt: entry?.time)
    }
}
