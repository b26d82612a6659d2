/// Spans of time as the configuration writes them: digits and a unit, `500ms`, `10s`, `5m`, `72h`, `90d`; or a plain `0`.
enum DurationText {
    /// A day is only read: what is shown is in hours.
    private static let day: (name: String, milliseconds: Int64) = ("d", 86_400_000)
    /// The other units with their length in milliseconds, longest first.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// Reads a span of time.
    static func parse(_ text: String) throws(ValueFault) -> Duration {
        if text == "0" { return .zero }
        let hint = "write a whole number and ms, s, m, h or d, e.g. 10s"
        let digits = text.prefix { $0.utf8.allSatisfy(\.isDigit) }
        let unit = text[digits.endIndex...]
        if text.hasPrefix("-") { throw ValueFault(problem: "is negative", hint: hint) }
        if digits.isEmpty { throw ValueFault(problem: "does not begin with a number", hint: hint) }
        if unit.isEmpty { throw ValueFault(problem: "has no unit", hint: hint) }
        if unit.hasPrefix(".") || unit.hasPrefix(",") {
            throw ValueFault(problem: "is not a whole number of its unit", hint: "\(hint), or 90m instead of 1.5h")
        }
        guard let length = (units + [day]).first(where: { $0.name == unit })?.milliseconds else {
            throw ValueFault(problem: "has an unknown unit", hint: hint)
        }
        guard let number = digits.decimalNumber,
            case let (milliseconds, overflow) = number.multipliedReportingOverflow(by: length), !overflow
        else { throw ValueFault(problem: "is out of bounds", hint: "write a shorter time") }
        return .milliseconds(milliseconds)
    }

    /// A span of whole milliseconds in the longest unit that divides it.
    static func text(of duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        if milliseconds == 0 { return "0" }
        let unit = units.first { milliseconds % $0.milliseconds == 0 } ?? ("ms", 1)
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
}

extension Duration {
    /// Reads a span of time as the configuration writes it; nil for anything else.
    package init?(configurationText text: String) {
        guard let duration = try? DurationText.parse(text) else { return nil }
        self = duration
    }
}
