/// A whole request: ranges of the bytes in which it came.
///
/// The bytes are shared with the connection for as long as nothing more is read there, so handing a request over copies
/// nothing. Whoever keeps a request keeps those bytes: copy the body out instead.
public struct Request: Sendable {
    /// The method.
    public let method: Method
    private let bytes: [UInt8]
    /// The request's first byte in `bytes`; all ranges count from there.
    private let base: Int
    private let target: RequestTarget
    private let lines: [FieldLine]
    private let bodyRange: ByteRange

    init(_ head: RequestHead, target: RequestTarget, bytes: [UInt8], base: Int, bodyEnd: Int) {
        method = head.method
        self.bytes = bytes
        self.base = base
        self.target = target
        lines = head.fields
        bodyRange = ByteRange(head.length..<bodyEnd)
    }

    /// The path, without the query, percent-encoded as it came; of a target in absolute form its path, `*` for `OPTIONS *`.
    public var path: ArraySlice<UInt8> { bytes[target.path.shifted(by: base)] }

    /// What follows the question mark, or `nil` when there is none.
    public var query: ArraySlice<UInt8>? { target.query.map { bytes[$0.shifted(by: base)] } }

    /// The body without its transfer coding; empty when there is none.
    public var body: ArraySlice<UInt8> { bytes[bodyRange.shifted(by: base)] }

    /// The field lines of the head in the order in which they came. Trailers are not among them.
    public var fields: some RandomAccessCollection<Field> { lines.lazy.map(field) }

    /// The values of all field lines of that name, in the order in which they came.
    ///
    /// The case of ASCII letters in the name does not matter.
    public func values(of name: String) -> [ArraySlice<UInt8>] {
        lines.filter { matches($0, name) }.map { bytes[$0.value.shifted(by: base)] }
    }

    /// The value of the first field line of that name, or `nil` when there is none.
    public func firstValue(of name: String) -> ArraySlice<UInt8>? {
        lines.first { matches($0, name) }.map { bytes[$0.value.shifted(by: base)] }
    }

    private func matches(_ line: FieldLine, _ name: String) -> Bool {
        let range = line.name.shifted(by: base)
        return range.count == name.utf8.count
            && zip(bytes[range], name.utf8).allSatisfy { $0.lowercased == $1.lowercased }
    }

    private func field(_ line: FieldLine) -> Field {
        Field(name: bytes[line.name.shifted(by: base)], value: bytes[line.value.shifted(by: base)])
    }

    /// One field line of a request.
    public struct Field: Sendable, Hashable {
        /// The name as it came; compare it without regard to the case of ASCII letters.
        public let name: ArraySlice<UInt8>
        /// The value without the white space around it.
        public let value: ArraySlice<UInt8>
    }
}
