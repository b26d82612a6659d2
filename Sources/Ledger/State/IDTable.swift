import Payments

/// An element of an ``IDTable``. The id 0 marks a slot that is free.
protocol IDTableElement {
    var id: PaymentID { get set }
}

/// A hash table from payment ids to elements that stay in their slot: about 16 bytes an id beside the element itself.
///
/// A `Dictionary` would spend its load factor on whole elements; here only eight-byte buckets are sparse. A bucket holds half
/// of its id's hash, so that a search touches no element but the one it is after, and growing none at all. Hashing is Swift's
/// own, seeded for each process, so a forger cannot choose ids that collide.
struct IDTable<Element: IDTableElement>: Sendable where Element: Sendable {
    /// What of a table stands in the place that an id's hash asks for.
    private struct Bucket {
        /// The lower half of the hash: as many buckets as slot numbers can tell apart have their place by it.
        var hash: UInt32 = 0
        /// Slot number + 1, or 0.
        var slot: UInt32 = 0

        var isEmpty: Bool { slot == 0 }
    }

    private var elements: [Element] = []
    private var free: [UInt32] = []
    /// Linear probing; a power of two long and at most three quarters full.
    private var buckets: [Bucket] = Array(repeating: Bucket(), count: 16)

    /// How many elements there are.
    var count: Int { elements.count - free.count }

    /// Every slot that has been in use is below this.
    var slotCount: Int { elements.count }

    /// The slot of an id.
    func slot(of id: PaymentID) -> Int? {
        let bucket = buckets[index(of: id, hash: Self.hash(id))]
        return bucket.isEmpty ? nil : Int(bucket.slot) - 1
    }

    /// The element in a slot.
    subscript(slot: Int) -> Element {
        _read { yield elements[slot] }
        _modify { yield &elements[slot] }
    }

    /// Adds an element whose id is not there yet, and tells its slot.
    @discardableResult
    mutating func insert(_ element: Element) -> Int {
        if (count + 1) * 4 > buckets.count * 3 { grow() }
        let slot: Int
        if let reused = free.popLast() {
            slot = Int(reused)
            elements[slot] = element
        } else {
            slot = elements.count
            elements.append(element)
        }
        let hash = Self.hash(element.id)
        buckets[index(of: element.id, hash: hash)] = Bucket(hash: hash, slot: UInt32(slot + 1))
        return slot
    }

    /// Removes the element in a slot; the slot may be used again by another.
    mutating func remove(at slot: Int) {
        let id = elements[slot].id
        close(index(of: id, hash: Self.hash(id)))
        elements[slot].id = 0
        free.append(UInt32(slot))
    }

    /// Calls `body` with every slot in use.
    func forEachSlot(_ body: (Int) -> Void) {
        for slot in elements.indices where elements[slot].id != 0 { body(slot) }
    }

    private static func hash(_ id: PaymentID) -> UInt32 { UInt32(truncatingIfNeeded: id.hashValue) }

    /// The index of the bucket that holds the id, or of the empty one where it would stand.
    private func index(of id: PaymentID, hash: UInt32) -> Int {
        let mask = buckets.count - 1
        var index = Int(hash) & mask
        while true {
            let bucket = buckets[index]
            if bucket.isEmpty || bucket.hash == hash && elements[Int(bucket.slot) - 1].id == id { return index }
            index = (index + 1) & mask
        }
    }

    /// Empties a bucket and moves back what was displaced past it, so that no search ends too early.
    private mutating func close(_ emptied: Int) {
        let mask = buckets.count - 1
        var hole = emptied
        var index = emptied
        while true {
            index = (index + 1) & mask
            guard !buckets[index].isEmpty else { break }
            let home = Int(buckets[index].hash) & mask
            // Movable when its home does not lie cyclically within (hole, index].
            if (index - home) & mask >= (index - hole) & mask {
                buckets[hole] = buckets[index]
                hole = index
            }
        }
        buckets[hole] = Bucket()
    }

    private mutating func grow() {
        let mask = buckets.count * 2 - 1
        var grown = Array(repeating: Bucket(), count: mask + 1)
        for bucket in buckets where !bucket.isEmpty {
            var index = Int(bucket.hash) & mask
            while !grown[index].isEmpty { index = (index + 1) & mask }
            grown[index] = bucket
        }
        buckets = grown
    }
}
