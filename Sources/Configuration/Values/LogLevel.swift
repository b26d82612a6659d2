/// How much is logged; the names are swift-log's.
package enum LogLevel: String, CaseIterable, Hashable, Sendable {
    case trace, debug, info, notice, warning, error, critical
}

extension ValueKind<LogLevel> {
    /// One of the names.
    static var logLevel: Self {
        ValueKind(
            parse: { (text) throws(ValueFault) in
                guard let level = LogLevel(rawValue: text) else {
                    let names = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValueFault(problem: "is not a log level", hint: "write one of \(names)")
                }
                return level
            }, shown: { $0.rawValue })
    }
}
