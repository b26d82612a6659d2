/// An element of an ``IDTable``. The id 0 marks a slot that is free.
protocol IDTableElement {
    var id: PaymentID { get set }
}

/// A hash table from payment ids to elements that stay in their slot: about 8 bytes an id beside the element itself.
///
/// A `Dictionary` would spend its load factor on whole elements; here only four-byte slot numbers are sparse. Hashing is
/// Swift's own, seeded for each process, so a forger cannot choose ids that collide.
struct IDTable<Element: IDTableElement>: Sendable where Element: Sendable {
    private var elements: [Element] = []
    private var free: [UInt32] = []
    /// Slot number + 1, or 0; linear probing; a power of two long and at most three quarters full.
    private var buckets: [UInt32] = Array(repeating: 0, count: 16)

    /// How many elements there are.
    var count: Int { elements.count - free.count }

    /// Every slot that has been in use is below this.
    var slotCount: Int { elements.count }

    /// The slot of an id.
    func slot(of id: PaymentID) -> Int? {
        let bucket = bucket(of: id)
        return buckets[bucket] == 0 ? nil : Int(buckets[bucket]) - 1
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
        buckets[bucket(of: element.id)] = UInt32(slot + 1)
        return slot
    }

    /// Removes the element in a slot; the slot may be used again by another.
    mutating func remove(at slot: Int) {
        close(bucket(of: elements[slot].id))
        elements[slot].id = 0
        free.append(UInt32(slot))
    }

    /// Calls `body` with every slot in use.
    func forEachSlot(_ body: (Int) -> Void) {
        for slot in elements.indices where elements[slot].id != 0 { body(slot) }
    }

    /// The bucket that holds the id, or the empty one where it would stand.
    private func bucket(of id: PaymentID) -> Int {
        let mask = buckets.count - 1
        var bucket = id.hashValue & mask
        while buckets[bucket] != 0, elements[Int(buckets[bucket]) - 1].id != id { bucket = (bucket + 1) & mask }
        return bucket
    }

    /// Empties a bucket and moves back what was displaced past it, so that no search ends too early.
    private mutating func close(_ emptied: Int) {
        let mask = buckets.count - 1
        var hole = emptied
        var bucket = emptied
        while true {
            bucket = (bucket + 1) & mask
            guard buckets[bucket] != 0 else { break }
            let home = elements[Int(buckets[bucket]) - 1].id.hashValue & mask
            // Movable when its home does not lie cyclically within (hole, bucket].
            if (bucket - home) & mask >= (bucket - hole) & mask {
                buckets[hole] = buckets[bucket]
                hole = bucket
            }
        }
        buckets[hole] = 0
    }

    private mutating func grow() {
        buckets = Array(repeating: 0, count: buckets.count * 2)
        for slot in elements.indices where elements[slot].id != 0 {
            buckets[bucket(of: elements[slot].id)] = UInt32(slot + 1)
        }
    }
}
