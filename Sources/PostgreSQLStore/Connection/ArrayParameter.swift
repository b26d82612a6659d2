#if PostgreSQL
    /// A one-dimensional array, built in the binary form that `array_send` in PostgreSQL's `arrayfuncs.c` describes: for each
    /// element its length, or -1 for a null, and its bytes.
    ///
    /// Elements are written where they will be sent from: a batch of thousands of lines makes no array of arrays.
    struct ArrayParameter: Sendable {
        let type: ParameterType
        private(set) var count = 0
        private var hasNull = false
        private var elements: [UInt8] = []

        /// An empty array; `type` is that of the array.
        init(_ type: ParameterType, reservingBytes capacity: Int = 0) {
            precondition(type.element != nil)
            self.type = type
            elements.reserveCapacity(capacity)
        }

        mutating func append(_ value: Int64) {
            precondition(type == .int8s)
            count += 1
            elements.appendBigEndian(Int32(8))
            elements.appendBigEndian(value)
        }

        mutating func append(_ value: Bool) {
            precondition(type == .bools)
            count += 1
            elements.appendBigEndian(Int32(1))
            elements.append(value ? 1 : 0)
        }

        /// A text's UTF-8, or a bytea.
        mutating func append(_ bytes: some Collection<UInt8>) {
            precondition(type == .texts || type == .byteas)
            count += 1
            elements.appendBigEndian(Int32(bytes.count))
            elements += bytes
        }

        mutating func appendNull() {
            count += 1
            hasNull = true
            elements.appendBigEndian(Int32(-1))
        }

        func encode(into bytes: inout [UInt8]) {
            bytes.reserveCapacity(bytes.count + 20 + elements.count)
            bytes.appendBigEndian(Int32(count == 0 ? 0 : 1))
            bytes.appendBigEndian(Int32(hasNull ? 1 : 0))
            bytes.appendBigEndian(type.element?.rawValue ?? 0)
            guard count > 0 else { return }
            bytes.appendBigEndian(Int32(count))
            // The first element's index.
            bytes.appendBigEndian(Int32(1))
            bytes += elements
        }
    }
#endif
