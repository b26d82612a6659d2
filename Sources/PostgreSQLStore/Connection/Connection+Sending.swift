#if PostgreSQL
    import CPostgreSQL

    extension Connection {
        /// Queues a statement's run; false when libpq has no memory, or the connection is lost.
        static func send(_ statement: Statement, _ arguments: [Parameter], _ handle: OpaquePointer) -> Bool {
            // All values in one block, then their addresses.
            var bytes: [UInt8] = []
            let lengths = arguments.map { $0.encode(into: &bytes) }
            // An empty value needs an address too: none would make it a null.
            bytes.append(0)
            return bytes.withUnsafeBytes { bytes in
                var offset = 0
                let values = lengths.map { length -> UnsafePointer<CChar>? in
                    guard let length else { return nil }
                    defer { offset += length }
                    return (bytes.baseAddress! + offset).assumingMemoryBound(to: CChar.self)
                }
                let sizes = lengths.map { Int32($0 ?? 0) }
                let formats = [Int32](repeating: 1, count: lengths.count)
                let count = Int32(lengths.count)
                if statement.name.isEmpty {
                    let types = statement.parameters.map(\.rawValue)
                    return PQsendQueryParams(handle, statement.text, count, types, values, sizes, formats, 1) == 1
                }
                return PQsendQueryPrepared(handle, statement.name, count, values, sizes, formats, 1) == 1
            }
        }

        /// Queues a statement's preparation.
        static func sendPrepare(_ statement: Statement, _ handle: OpaquePointer) -> Bool {
            let types = statement.parameters.map(\.rawValue)
            return PQsendPrepare(handle, statement.name, statement.text, Int32(types.count), types) == 1
        }
    }
#endif
