/// A JSON text as a tree, for places where convenience counts more than speed (tokens, the sandbox, commands).
///
/// Numbers keep their text and objects their order, so that nothing is lost between reading and writing.
public indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// One name and its value. Names may repeat, as RFC 8259 allows.
    public struct Member: Hashable, Sendable {
        /// The name, unescaped.
        public var name: String
        /// The value.
        public var value: JSONValue

        /// Pairs a name with a value.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// Reads a whole text.
    public init(parsing bytes: [UInt8]) throws(JSONFault) {
        let span = bytes.span
        var scanner = JSONScanner()
        let token = try scanner.text(span)
        self = try Self.tree(span, token)
    }

    /// An object from names and values, in order.
    public static func dictionary(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { Member($0.key, $0.value) })
    }

    /// A number from an integer.
    public static func integer(_ value: some BinaryInteger) -> JSONValue { .number("\(value)") }

    /// The value of an object's first member of that name; nil for no such member and for anything but an object.
    public subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The characters of a string, else nil.
    public var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// A number without fraction or exponent, else nil.
    public var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text)
    }

    /// True or false, else nil.
    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements of an array, else nil.
    public var array: [JSONValue]? {
        guard case .array(let values) = self else { return nil }
        return values
    }

    /// The text, without white space.
    public func serialized() -> [UInt8] {
        var output: [UInt8] = []
        append(to: &output)
        return output
    }

    private func append(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let text): output.append(contentsOf: text.utf8)
        case .string(let value): JSONString.append(value, to: &output)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.append(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                JSONString.append(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.append(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func tree(_ bytes: Span<UInt8>, _ token: JSONToken) throws(JSONFault) -> JSONValue {
        switch token.kind {
        case .null: return .null
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .number: return .number(token.text(in: bytes))
        case .string: return .string(token.string(in: bytes) ?? "")
        case .array:
            var tokens: [JSONToken] = []
            var scanner = JSONScanner(at: token.range.lowerBound)
            try scanner.elements(bytes) { tokens.append($0) }
            var values: [JSONValue] = []
            for token in tokens { values.append(try tree(bytes, token)) }
            return .array(values)
        case .object:
            var tokens: [(JSONToken, JSONToken)] = []
            var scanner = JSONScanner(at: token.range.lowerBound)
            try scanner.members(bytes) { name, value in tokens.append((name, value)) }
            var members: [Member] = []
            for (name, value) in tokens {
                members.append(Member(name.string(in: bytes) ?? "", try tree(bytes, value)))
            }
            return .object(members)
        }
    }
}
