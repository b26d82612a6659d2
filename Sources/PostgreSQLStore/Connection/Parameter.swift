#if PostgreSQL
    /// The types that are sent and read, by their OIDs in `pg_type.dat`.
    enum ParameterType: UInt32, Sendable {
        case bool = 16
        case bytea = 17
        case int8 = 20
        case text = 25
        case bools = 1000
        case byteas = 1001
        case texts = 1009
        case int8s = 1016

        /// The type of an array's elements; nil for what is no array.
        var element: ParameterType? {
            switch self {
            case .bools: .bool
            case .byteas: .bytea
            case .texts: .text
            case .int8s: .int8
            case .bool, .bytea, .int8, .text: nil
            }
        }
    }

    /// A statement's argument. It is sent in the binary format, so nothing of it is ever quoted.
    enum Parameter: Sendable {
        case null
        case bool(Bool)
        case bytea([UInt8])
        case int8(Int64)
        /// Must not hold a NUL: the server refuses it, as it refuses what is not UTF-8.
        case text(String)
        case array(ArrayParameter)

        /// Whether it can stand where a statement asks for that type.
        func fits(_ type: ParameterType) -> Bool {
            switch (self, type) {
            case (.null, _), (.bool, .bool), (.bytea, .bytea), (.int8, .int8), (.text, .text): true
            case (.array(let array), _): array.type == type
            default: false
            }
        }

        /// Appends its binary form; returns how many bytes, or nil for a null.
        func encode(into bytes: inout [UInt8]) -> Int? {
            let start = bytes.count
            switch self {
            case .null: return nil
            case .bool(let value): bytes.append(value ? 1 : 0)
            case .bytea(let value): bytes += value
            case .int8(let value): bytes.appendBigEndian(value)
            case .text(let value): bytes += value.utf8
            case .array(let value): value.encode(into: &bytes)
            }
            return bytes.count - start
        }

        /// An array of numbers.
        static func int8s(_ values: some Sequence<Int64>) -> Parameter {
            var array = ArrayParameter(.int8s)
            for value in values { array.append(value) }
            return .array(array)
        }

        /// An array of truth values.
        static func bools(_ values: some Sequence<Bool>) -> Parameter {
            var array = ArrayParameter(.bools)
            for value in values { array.append(value) }
            return .array(array)
        }

        /// An array of texts.
        static func texts(_ values: some Sequence<String>) -> Parameter {
            var array = ArrayParameter(.texts)
            for value in values { array.append(value.utf8) }
            return .array(array)
        }
    }

    extension [UInt8] {
        /// Network byte order, as everywhere in PostgreSQL's protocol.
        mutating func appendBigEndian(_ value: some FixedWidthInteger) {
            Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
        }
    }
#endif
