import Ledger
import Payments
import Runtime

/// Builds Prometheus' text format, version 0.0.4.
///
/// Labels are words of this program, and never hold anything from outside.
struct MetricsText {
    private(set) var bytes: [UInt8] = []

    /// A figure that only grows while the program runs, for each of some labels. Its name ends with `_total`.
    mutating func counter(_ name: String, _ help: String, _ label: String, _ samples: [(String, Int)]) {
        head(name, help, "counter")
        for (value, count) in samples { line("\(name){\(label)=\"\(value)\"}", "\(count)") }
    }

    /// The same without a label.
    mutating func counter(_ name: String, _ help: String, _ count: Int) {
        head(name, help, "counter")
        line(name, "\(count)")
    }

    /// A figure that goes up and down; nothing is said of one that is not known.
    mutating func gauge(_ name: String, _ help: String, _ value: Int64?) {
        guard let value else { return }
        head(name, help, "gauge")
        line(name, "\(value)")
    }

    /// The same with a label, whose value is escaped.
    mutating func gauge(_ name: String, _ help: String, _ label: String, _ text: String, _ value: Int64) {
        head(name, help, "gauge")
        line("\(name){\(label)=\"\(Self.escaped(text))\"}", "\(value)")
    }

    /// A time or a duration in nanoseconds, told in seconds.
    mutating func seconds(_ name: String, _ help: String, _ nanoseconds: Int64?) {
        billionths(name, help, nanoseconds)
    }

    /// A gauge of a number that is no whole one.
    mutating func billionths(_ name: String, _ help: String, _ value: Int64?) {
        guard let value else { return }
        head(name, help, "gauge")
        line(name, Self.decimal(value))
    }

    /// Durations in buckets, for each of some labels.
    mutating func histogram(_ name: String, _ help: String, _ samples: [(labels: String, Histogram.Figures)]) {
        head(name, help, "histogram")
        for (labels, figures) in samples {
            var count = 0
            let prefix = labels.isEmpty ? "" : "\(labels),"
            for (bound, inBucket) in zip(figures.bounds.map { "\($0)" } + ["+Inf"], figures.counts) {
                count += inBucket
                line("\(name)_bucket{\(prefix)le=\"\(bound)\"}", "\(count)")
            }
            let suffix = labels.isEmpty ? "" : "{\(labels)}"
            line("\(name)_sum\(suffix)", Self.decimal(figures.sum))
            line("\(name)_count\(suffix)", "\(count)")
        }
    }

    private mutating func head(_ name: String, _ help: String, _ type: String) {
        bytes += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n".utf8
    }

    private mutating func line(_ name: String, _ value: String) {
        bytes += "\(name) \(value)\n".utf8
    }

    /// Exact: a Double has too few digits for nanoseconds since 1970.
    static func decimal(_ billionths: Int64) -> String {
        let fraction = "\(billionths.magnitude % 1_000_000_000)"
        let sign = billionths < 0 ? "-" : ""
        let zeros = String(repeating: "0", count: 9 - fraction.utf8.count)
        return "\(sign)\(billionths.magnitude / 1_000_000_000).\(zeros)\(fraction)"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
