import CShims
import Glibc

/// An epoll set (epoll(7)): tells which of many descriptors have news. Every descriptor in it is edge-triggered: it is
/// reported once for each change, so whoever is told must remember it until a call says "not now".
public struct Epoll: ~Copyable, Sendable {
    /// What is new about a descriptor.
    public struct Events: OptionSet, Sendable {
        /// The kernel's bits.
        public let rawValue: UInt32

        /// Any of the kernel's bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// There is something to read, or somebody to accept.
        public static let readable = Events(rawValue: EPOLLIN.rawValue)
        /// There is room to write.
        public static let writable = Events(rawValue: EPOLLOUT.rawValue)
        /// The peer has ended its side.
        public static let peerEnded = Events(rawValue: EPOLLRDHUP.rawValue)
        /// The connection is gone in both directions, or failed. Reported without being asked for.
        public static let broken = Events(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
    }

    /// The most events that one `wait` reports.
    public static let batch = 256

    private let descriptor: Descriptor

    /// epoll_create1(2).
    public init() throws(SystemError) {
        descriptor = Descriptor(owning: try check("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
    }

    /// The set's own descriptor, which is readable while there are events to report.
    public var number: Int32 { descriptor.number }

    /// Adds a descriptor; `token` comes back with each of its events. Closing the descriptor takes it out.
    public func add(_ added: borrowing Descriptor, _ events: Events, token: UInt64) throws(SystemError) {
        let (set, number) = (descriptor.number, added.number)
        var event = epoll_event()
        event.events = events.rawValue | EPOLLET.rawValue
        event.data.u64 = token
        _ = try check("epoll_ctl") { epoll_ctl(set, EPOLL_CTL_ADD, number, &event) }
    }

    /// Takes a descriptor out that stays open.
    public func remove(_ removed: borrowing Descriptor) throws(SystemError) {
        let (set, number) = (descriptor.number, removed.number)
        var event = epoll_event()
        _ = try check("epoll_ctl") { epoll_ctl(set, EPOLL_CTL_DEL, number, &event) }
    }

    /// epoll_wait(2) without waiting: calls `body` for each event, at most `batch` of them. Returns their number.
    public func poll(_ body: (_ token: UInt64, _ events: Events) -> Void) throws(SystemError) -> Int {
        let set = descriptor.number
        return try withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.batch) {
            buffer throws(SystemError) in
            let count = Int(
                try check("epoll_wait") { epoll_wait(set, buffer.baseAddress, Int32(Self.batch), 0) })
            for event in buffer[..<count] { body(event.data.u64, Events(rawValue: event.events)) }
            return count
        }
    }
}
