import JournalStoreSimulation
import Ledger

/// What goes wrong with one call of the API.
enum Fault: Hashable {
    case none
    case timeOut
    case status(Int)
    /// Status 429, with a `Retry-After` of so many seconds.
    case tooMany(Int64)
    case credentialsRefused
    /// The token endpoint is not there: a wrong base URL.
    case noTokenEndpoint
    case cutBody
    case otherID
    case missingField
    case nullState
    /// The answer is so many nanoseconds old.
    case stale(Int64)
    /// A listing leaves payments out.
    case shrunk
    /// A listing ends before its end.
    case cutOff
    case tooLarge
}

/// When the API fails, and how.
struct Weather {
    private struct Spell {
        let times: Range<Int64>
        let fault: Fault
        /// Whether calls for one payment, and listings, are hit.
        let hits: (payments: Bool, listings: Bool)
    }

    private var spells: [Spell] = []
    private let calm: Int64
    private let isRough: Bool

    /// Spells between two times on the wall clock; from the second on all is well.
    init(from start: Int64, calmFrom calm: Int64, using dice: inout Dice) {
        self.calm = calm
        isRough = dice.next() % 3 == 0
        for _ in 0..<dice.next() % 5 {
            let begin = Int64.random(in: start..<calm, using: &dice)
            let length = Int64.random(in: 1...[60, 600, 3600].randomElement(using: &dice)!, using: &dice)
            let hits = dice.next() % 4
            spells.append(
                Spell(
                    times: begin..<begin + length * 1_000_000_000, fault: Self.fault(using: &dice),
                    hits: (hits != 0, hits != 1)))
        }
    }

    /// What hits a call at a time.
    func fault(_ subject: World.Call.Subject, at time: Int64, using dice: inout Dice) -> Fault {
        if time >= calm { return .none }
        for spell in spells where spell.times.contains(time) && dice.next() % 8 != 0 {
            if subject == .list ? spell.hits.listings : spell.hits.payments { return spell.fault }
        }
        return dice.next() % (isRough ? 4 : 20) == 0 ? Self.fault(using: &dice) : .none
    }

    private static func fault(using dice: inout Dice) -> Fault {
        switch dice.next() % 20 {
        case 0, 1: .timeOut
        case 2: .tooMany([1, 30, 600, 5000].randomElement(using: &dice)!)
        case 3: .credentialsRefused
        case 4: .noTokenEndpoint
        case 5: .cutBody
        case 6: .otherID
        case 7: .missingField
        case 8: .nullState
        case 9...12: .stale(Int64.random(in: 1...1_800_000_000_000, using: &dice))
        case 13: .shrunk
        case 14: .cutOff
        case 15: .tooLarge
        default: .status([302, 401, 403, 403, 404, 404, 410, 500, 502, 503].randomElement(using: &dice)!)
        }
    }
}
