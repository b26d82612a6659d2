/// What makes bytes not a JSON text (RFC 8259), and where.
public struct JSONFault: Error, Hashable, CustomStringConvertible {
    /// A sentence fragment such as `a string that never ends`.
    public let reason: String
    /// Zero-based offset of the byte at which reading stopped.
    public let offset: Int

    /// Names what was found at an offset.
    public init(_ reason: String, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// E.g. `a string that never ends, at byte 17`.
    public var description: String { "\(reason), at byte \(offset)" }
}
