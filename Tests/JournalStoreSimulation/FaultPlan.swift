import JournalStore
package import Ledger
import Synchronization

/// What goes wrong with a disk during one run of the program: mostly nothing, else one fault at the n-th call of its kind.
package struct FaultPlan {
    private enum Kind: CaseIterable {
        case none, calm, noSpace, noSpaceAndNoCut, noSegment, shortWrites, syncFails, syncLies, directorySyncFails
        case directorySyncLies, renameFails, unlinkFails, listingFails, openFails, sizeFails, readFails
        // Though room is left.
        case refusesWrites, refusesSegments
    }

    /// To be given to a ``SimulatedDisk``.
    package let fault: @Sendable (SimulatedDisk.Call) -> SimulatedDisk.Fault?

    package init(using random: inout SplitMix64) {
        let kind = Kind.allCases.randomElement(using: &random)!
        let turn = Int.random(in: 0..<6, using: &random)
        let taken = Int.random(in: 0..<200, using: &random)
        let seed = random.next()
        // For so many calls: of ENOSPC, EDQUOT, EIO and EROFS one.
        let refusals = Int.random(in: 1..<20, using: &random)
        let refusal: Int32 = [28, 122, 5, 30].randomElement(using: &random)!
        let count = Mutex(0)
        // Counts the calls of one kind, and picks one.
        @Sendable func isTurn() -> Bool {
            count.withLock { count in
                count += 1
                return count == turn + 1
            }
        }
        // The same from one on, for a while.
        @Sendable func isRefused() -> Bool {
            count.withLock { count in
                count += 1
                return (turn..<turn + refusals).contains(count - 1)
            }
        }
        // After a short write, the rest of it fails.
        let isFull = Mutex(false)
        fault = { call in
            switch (kind, call) {
            case (.noSpace, .write(let name, _)), (.noSpaceAndNoCut, .write(let name, _)):
                guard name.hasSuffix(".jsonl") else { return nil }
                if isFull.withLock({ isFull in (isFull, isFull = false).0 }) { return .error(28) }
                guard isTurn() else { return nil }
                isFull.withLock { $0 = true }
                return .short(taken + 1)
            case (.noSpaceAndNoCut, .truncate): return .error(5)
            case (.noSegment, .open(_, .create)): return isTurn() ? .error(28) : nil
            case (.refusesWrites, .write(let name, _)):
                return name.hasSuffix(".jsonl") && isRefused() ? .error(refusal) : nil
            case (.refusesSegments, .open(_, .create)): return isRefused() ? .error(refusal) : nil
            case (.shortWrites, .write(_, let count)): return .short(max(1, count / 2))
            case (.syncFails, .synchronize): return isTurn() ? .error(5) : nil
            case (.syncLies, .synchronize): return isTurn() ? .lie(5, seed: seed) : nil
            case (.directorySyncFails, .synchronizeDirectory): return isTurn() ? .error(5) : nil
            case (.directorySyncLies, .synchronizeDirectory): return isTurn() ? .lie(5, seed: seed) : nil
            case (.renameFails, .rename): return isTurn() ? .error(5) : nil
            case (.unlinkFails, .unlink): return isTurn() ? .error(5) : nil
            case (.listingFails, .names): return isTurn() ? .error(5) : nil
            case (.openFails, .open): return isTurn() ? .error(5) : nil
            case (.sizeFails, .size): return isTurn() ? .error(5) : nil
            case (.readFails, .read): return isTurn() ? .error(5) : nil
            default: return nil
            }
        }
    }
}
