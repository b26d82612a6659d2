import JournalFormat
import JournalStoreSimulation
import Ledger

// What the records say in the end of deliveries.
extension DeliveryJudge {
    /// None says that the shop has what it never took, nor that it was given up before its time.
    func judgeEnds(_ ends: [End]) throws {
        for (index, end) in ends.enumerated() {
            guard news[end.delivery.of]?.payment == end.delivery.payment else {
                throw Violation("record \(end.seq) ends what is no delivery of its payment")
            }
            guard end.isDelivered else {
                let isUsedUp = end.delivery.attempts > RetrySchedule.delivery.count
                guard isUsedUp || !end.isConfigured else {
                    throw Violation("record \(end.seq) gives up what could still be delivered")
                }
                continue
            }
            // Of the one who says so.
            let own = (attemptsAt[end.place] ?? []).filter { $0.life == end.decider }
            let taken = own.count { $0.isAccepted && $0.ended <= end.committed }
            let told = ends[...index].count { $0.isDelivered && $0.decider == end.decider }
            guard taken >= told, end.delivery.status == 200 else {
                throw Violation("record \(end.seq) says that the shop has what it took \(taken) times")
            }
            guard own.count(where: { $0.began <= end.committed }) >= end.delivery.attempts else {
                throw Violation("record \(end.seq) tells of more attempts than there were")
            }
        }
    }

    /// All is well: whatever was news has gone where it was meant to go, or was given up with its endpoint.
    func judgeNews() throws {
        for (seq, told) in news.sorted(by: { $0.key < $1.key }) {
            for endpoint in told.endpoints where ends[Place(endpoint: endpoint, record: seq)] == nil {
                throw Violation("nothing has become of the delivery of record \(seq) to \(endpoint)")
            }
        }
    }

    /// What was promised to go out again has: to every endpoint that has been one ever since. What is under way just then, or has
    /// ended and is not written yet, counts as what was asked for. Another one who decides knows nothing of it.
    func judgeReplay(_ replay: Merchant.Replay) throws {
        guard let promised = replay.promised,
            !successors(of: promised.by).contains(where: { $0.began < settledAt })
        else { return }
        let before = configured.last { $0.committed <= replay.asked }?.endpoints ?? []
        let since = configured.filter { $0.committed > replay.asked }.map(\.endpoints)
        let endpoints = before.filter { endpoint in since.allSatisfy { $0.contains(endpoint) } }
        for (seq, told) in news.sorted(by: { $0.key < $1.key }) where told.payment == replay.payment {
            guard (promised.first...max(promised.first, replay.durable)).contains(seq) else { continue }
            for endpoint in endpoints {
                let place = Place(endpoint: endpoint, record: seq)
                let isTaken = attemptsAt[place]?.contains { $0.isAccepted && $0.ended >= replay.asked } ?? false
                let isWritten = ends[place]?.contains { $0.isDelivered && $0.committed >= replay.asked } ?? false
                guard isTaken || isWritten else {
                    throw Violation(
                        """
                        record \(seq) was to go out again to \(endpoint), which was promised at \(World.text(promised.time)), and \
                        has not
                        """)
                }
            }
        }
    }
}
