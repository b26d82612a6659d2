#if PostgreSQL
    import SharedLedger

    /// A flight that did not come to its end.
    struct FlightFault: Error {
        /// Why.
        let fault: DatabaseFault
        /// The SQLSTATE that the server gave; nil when it said nothing.
        var code: String?
        /// What the server answered before it. These statements were carried out; what they did stays only if a `COMMIT` is among
        /// them that is answered `COMMIT`.
        var answers: [Answer] = []
        /// Those statements of which it is not known whether they were carried out; the place behind the last is the flight's end,
        /// which commits where there was no `BEGIN`. Empty when nothing was sent, and when the server said that it failed.
        var undecided = 0..<0
    }

    extension FlightFault: CustomStringConvertible {
        var description: String { undecided.isEmpty ? fault.message : "\(fault.message) (outcome unknown)" }
    }
#endif
