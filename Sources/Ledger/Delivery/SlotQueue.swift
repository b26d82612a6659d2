/// First in, first out, of slot numbers: four bytes each.
struct SlotQueue: Sendable {
    private var slots: [UInt32] = []
    private var head = 0

    var isEmpty: Bool { head == slots.count }
    var count: Int { slots.count - head }

    mutating func append(_ slot: Int) {
        slots.append(UInt32(slot))
    }

    /// All that are in it.
    var all: Set<Int> { Set(slots[head...].map(Int.init)) }

    var first: Int? { isEmpty ? nil : Int(slots[head]) }

    mutating func popFirst() -> Int? {
        guard !isEmpty else { return nil }
        defer {
            head += 1
            if head == slots.count {
                slots.removeAll(keepingCapacity: slots.count < 1024)
                head = 0
            } else if head >= 4096, head * 2 > slots.count {
                // Each slot is moved at most once for each that was taken: constant cost in the long run.
                slots.removeFirst(head)
                head = 0
            }
        }
        return Int(slots[head])
    }
}
