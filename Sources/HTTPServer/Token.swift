/// Names a connection, or a listening socket, in 64 bits, as epoll and exchanges carry it about.
///
/// Places are used again; the generation tells their tenants apart, so that news of a closed connection is not taken for
/// news of the next one.
struct Token: Sendable, Hashable {
    let slot: UInt32
    let generation: UInt32

    static func listener(_ index: Int) -> Token { Token(slot: UInt32(index), generation: .max) }

    var isListener: Bool { generation == .max }

    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    init(_ bits: UInt64) {
        slot = UInt32(truncatingIfNeeded: bits)
        generation = UInt32(truncatingIfNeeded: bits >> 32)
    }

    var bits: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}
