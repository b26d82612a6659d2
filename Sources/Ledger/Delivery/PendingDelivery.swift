import Payments

/// The deliveries of one payment to one endpoint, in the order of their records. 56 bytes with one.
struct PendingDelivery: IDTableElement, Sendable {
    enum Phase: UInt8, Sendable {
        /// In the queue of what is due for the first time.
        case ready
        /// In the queue of what is due again.
        case overdue
        /// In the queue by time, until `due`.
        case waiting
        case inFlight
    }

    var id: PaymentID
    /// The one that is next.
    private(set) var first: JournalPosition
    private(set) var others: [JournalPosition] = []
    /// When the next attempt is due, whether it is made then or before.
    var due = Instant.distantPast
    /// Attempts at the first one.
    var attempts: UInt8 = 0
    var phase = Phase.ready
    /// It failed before its time, when the endpoint took others again.
    var hadItsChance = false
    /// It was asked for again while an attempt was under way, whose failure then counts for nothing.
    var isWantedAgain = false

    init(id: PaymentID, _ first: JournalPosition) {
        self.id = id
        self.first = first
    }

    var count: Int { 1 + others.count }

    func forEach(_ body: (JournalPosition) -> Void) {
        body(first)
        for other in others { body(other) }
    }

    /// Adds one where its number says; false when it is there already. One that is under way stays the first.
    mutating func insert(_ position: JournalPosition) -> Bool {
        if position.seq == first.seq || others.contains(where: { $0.seq == position.seq }) { return false }
        if position.seq < first.seq, phase != .inFlight {
            others.insert(first, at: 0)
            first = position
            attempts = 0
        } else {
            let place = others.firstIndex { $0.seq > position.seq } ?? others.count
            others.insert(position, at: place)
        }
        return true
    }

    /// Takes one away; false when it is not there. Nothing is left when it was the only one: see ``isOnly(_:)``.
    mutating func remove(_ seq: Int64) -> Bool {
        if first.seq == seq {
            first = others.removeFirst()
            attempts = 0
            return true
        }
        guard let index = others.firstIndex(where: { $0.seq == seq }) else { return false }
        others.remove(at: index)
        return true
    }

    /// After an attempt that did not end the first one: an older record that was asked for meanwhile goes out before it.
    mutating func restoreOrder() {
        guard let next = others.first, next.seq < first.seq else { return }
        let place = others.firstIndex { $0.seq > first.seq } ?? others.count
        others.insert(first, at: place)
        first = others.removeFirst()
        attempts = 0
    }

    func isOnly(_ seq: Int64) -> Bool { others.isEmpty && first.seq == seq }
}
