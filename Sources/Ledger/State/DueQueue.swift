/// Slots by the time they fall due: a binary heap. An entry whose slot was rescheduled meanwhile is simply outdated; the
/// taker compares and skips it.
struct DueQueue: Sendable {
    struct Entry: Hashable {
        let due: Int64
        let slot: Int
    }

    private var heap: [(due: Int64, slot: UInt32)] = []

    /// All that are in it, outdated or not.
    var all: Set<Entry> { Set(heap.map { Entry(due: $0.due, slot: Int($0.slot)) }) }

    /// The earliest time, of entries outdated or not.
    var earliest: Int64? { heap.first?.due }

    mutating func insert(_ slot: Int, due: Int64) {
        heap.append((due, UInt32(slot)))
        var child = heap.count - 1
        while child > 0, heap[child].due < heap[(child - 1) / 2].due {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the earliest entry when it is due.
    mutating func popFirst(dueBy now: Int64) -> (due: Int64, slot: Int)? {
        guard let first = heap.first, first.due <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.due, Int(first.slot))
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].due < heap[least].due
            {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
