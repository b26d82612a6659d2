package import SharedLedger

/// One thing that a node asks of a server.
package struct DatabaseCall: Hashable, Sendable {
    /// Which connection it needs.
    package enum Purpose: CaseIterable, Hashable, Sendable {
        case accepting, deciding, watching, reading, maintaining
    }

    /// What it asks for.
    package enum Kind: Hashable, Sendable {
        case connect, prepare, accept, watch, takeLease, renew, release, append, save, drop
        /// A question, or what need not outlive a crash.
        case other
    }

    /// Who asks: a run of the program.
    package let owner: Int
    package let purpose: Purpose
    package let kind: Kind

    /// Whether it waits until a standby has it, too.
    var isDurable: Bool {
        switch kind {
        case .prepare, .accept, .takeLease, .append, .save, .drop: true
        case .connect, .watch, .renew, .release, .other: false
        }
    }
}

/// What becomes of a call.
package struct Fate: Sendable {
    /// What goes wrong with it.
    package enum Misfortune: Hashable, Sendable {
        /// The server says no, and nothing was done.
        case refused(DatabaseFault.Kind)
        /// The connection breaks before the server hears of it.
        case lostBefore
        /// The connection breaks when the server has done it.
        case lostAfter
        /// The connection breaks, and the server does it so many nanoseconds later.
        case doneLater(Int64)
        /// The server commits, and warns: no standby has it.
        case warned
    }

    /// How long the question is on its way, in nanoseconds.
    package var there: Int64 = 0
    /// How long the answer is on its way, in nanoseconds.
    package var back: Int64 = 0
    /// What goes wrong.
    package var misfortune: Misfortune?

    /// Nothing goes wrong, and it takes no time.
    package init() {}

    /// Takes no time, and goes wrong.
    package init(_ misfortune: Misfortune?) { self.misfortune = misfortune }
}
