import CivilTime

/// Figures as people read them.
package enum HumanText {
    /// E.g. `12 s`, `5 min`, `3 h 20 min`, `4 d 2 h`, of nanoseconds.
    package static func duration(_ nanoseconds: Int64) -> String {
        let seconds = max(0, nanoseconds / 1_000_000_000)
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<86400: join("\(seconds / 3600) h", seconds % 3600 / 60, "min")
        default: join("\(seconds / 86400) d", seconds % 86400 / 3600, "h")
        }
    }

    /// E.g. `512 bytes`, `64.0 MiB`.
    package static func bytes(_ count: Int64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        guard count >= 1024 else { return "\(count) bytes" }
        // In tenths, without binary fractions: nobody needs more.
        var tenths = count / 1024 * 10 + count % 1024 * 10 / 1024
        var unit = 0
        while tenths >= 10240, unit < units.count - 1 {
            tenths /= 1024
            unit += 1
        }
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// A time in UTC to the second, of nanoseconds since 1970.
    package static func time(_ nanoseconds: Int64) -> String {
        UTCTime(nanoseconds: nanoseconds).iso8601(fractionDigits: 0)
    }

    private static func join(_ large: String, _ small: Int64, _ unit: String) -> String {
        small == 0 ? large : "\(large) \(small) \(unit)"
    }
}
