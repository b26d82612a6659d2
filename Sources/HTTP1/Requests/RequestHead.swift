/// A request's head, read: everything in it is a range of the bytes that it was read from.
struct RequestHead: Sendable {
    var method = Method.other
    var target: RequestTarget?
    /// The `x` of `HTTP/1.x`, at most 1: higher minor versions are answered as 1.1 (RFC 9110 section 2.5).
    var minorVersion = 1
    /// In the order in which they came, so that repeated and conflicting ones are seen.
    var fields: [FieldLine] = []
    /// Up to and with the empty line, counted from the request's first byte.
    var length = 0

    /// Forgets what was read, but keeps the memory of the field list.
    mutating func reset() {
        target = nil
        length = 0
        fields.removeAll(keepingCapacity: true)
    }
}
