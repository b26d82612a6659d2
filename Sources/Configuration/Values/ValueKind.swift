/// How values of one kind are read, and how they may be shown.
struct ValueKind<Value: Hashable & Sendable>: Sendable {
    /// Reads a text, which is not empty.
    let parse: @Sendable (String) throws(ValueFault) -> Value
    /// The value in its canonical spelling, secrets redacted; nil when there is none.
    let shown: @Sendable (Value) -> String?

    /// The same kind for a setting that may be absent.
    var optional: ValueKind<Value?> {
        ValueKind<Value?>(
            parse: { (text) throws(ValueFault) in try parse(text) },
            shown: { $0.flatMap(shown) })
    }
}

extension ValueKind<String> {
    /// Any text on one line that looks neither like a URL nor like a password: it is shown.
    static var text: Self {
        ValueKind(
            parse: { (text) throws(ValueFault) in
                try refuseControlCharacters(text)
                try refusePasswords(text)
                return text
            }, shown: { $0 })
    }

    /// An e-mail address: something, an at sign, something, without white space.
    static var email: Self {
        ValueKind(
            parse: { (text) throws(ValueFault) in
                try refuseControlCharacters(text)
                try refusePasswords(text)
                let parts = text.split(separator: "@", omittingEmptySubsequences: false)
                guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), !text.contains(" ") else {
                    throw ValueFault(problem: "is not an e-mail address", hint: "write it as name@example.com")
                }
                return text
            }, shown: { $0 })
    }

    /// A path in the file system. What looks like a URL or a password is none: it is shown.
    static var path: Self {
        ValueKind(
            parse: { (text) throws(ValueFault) in
                try refuseControlCharacters(text)
                try refusePasswords(text)
                guard text.utf8.count < 4096 else {
                    throw ValueFault(problem: "is longer than a path can be", hint: "write at most 4095 bytes")
                }
                return text
            }, shown: { $0 })
    }
}

extension ValueKind<Secret> {
    /// A text on one line that is never shown.
    static var secret: Self {
        ValueKind(
            parse: { (text) throws(ValueFault) in
                try refuseControlCharacters(text)
                return Secret(text)
            }, shown: { $0.description })
    }

    /// A secret that fits into a field of a request (RFC 6750 section 2.1), and is too long to be guessed.
    static var token: Self {
        ValueKind(
            parse: { (text) throws(ValueFault) in
                let isToken = text.utf8.allSatisfy { $0.isDigit || $0.isLetter || "-._~+/=".utf8.contains($0) }
                guard isToken, (16...512).contains(text.utf8.count) else {
                    throw ValueFault(
                        problem: "is not a token of 16 to 512 letters and digits",
                        hint: "write what \"openssl rand -hex 32\" prints")
                }
                return Secret(text)
            }, shown: { $0.description })
    }
}

extension ValueKind<Int> {
    /// A whole number in plain digits within bounds; `unit` completes "a number of …".
    static func number(of unit: String, in bounds: ClosedRange<Int>) -> Self {
        ValueKind(
            parse: { (text) throws(ValueFault) in
                let hint = "write a number of \(unit) from \(bounds.lowerBound) to \(bounds.upperBound) in plain digits"
                guard !text.isEmpty, text.utf8.allSatisfy(\.isDigit) else {
                    throw ValueFault(problem: "is not a whole number", hint: hint)
                }
                guard let number = text.decimalNumber, bounds.contains(Int(number)) else {
                    throw ValueFault(problem: "is out of bounds", hint: hint)
                }
                return Int(number)
            }, shown: { "\($0)" })
    }
}

extension ValueKind<Duration> {
    /// A span of time within bounds.
    static func duration(in bounds: ClosedRange<Duration>) -> Self {
        ValueKind(
            parse: { (text) throws(ValueFault) in
                let duration = try DurationText.parse(text)
                guard bounds.contains(duration) else {
                    let lower = DurationText.text(of: bounds.lowerBound)
                    let upper = DurationText.text(of: bounds.upperBound)
                    throw ValueFault(problem: "is out of bounds", hint: "write a time from \(lower) to \(upper)")
                }
                return duration
            }, shown: { DurationText.text(of: $0) })
    }

    /// The same, or zero, which turns something off.
    static func durationOrZero(in bounds: ClosedRange<Duration>) -> Self {
        let kind = duration(in: bounds)
        return ValueKind(
            parse: { (text) throws(ValueFault) in text == "0" ? .zero : try kind.parse(text) }, shown: kind.shown)
    }
}

extension ValueKind {
    /// Entries between commas, each of the kind `entry`, at least one, none twice.
    static func list<Entry: Hashable & Sendable>(
        of entry: ValueKind<Entry>, atMost limit: Int
    ) -> ValueKind<[Entry]> where Value == [Entry] {
        ValueKind<[Entry]>(
            parse: { (text) throws(ValueFault) in
                let pieces = text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
                guard pieces.count <= limit else {
                    throw ValueFault(
                        problem: "has more than \(limit) entries", hint: "write at most \(limit)", showsValue: false)
                }
                var entries: [Entry] = []
                for piece in pieces {
                    guard !piece.isEmpty else {
                        throw ValueFault(problem: "has an empty entry", hint: "remove the comma too many")
                    }
                    entries.append(try parse(piece, as: entry))
                    if Set(entries).count < entries.count {
                        throw ValueFault(piece: piece, problem: "stands there twice", hint: "remove one of the two")
                    }
                }
                return entries
            },
            shown: { $0.isEmpty ? nil : $0.compactMap(entry.shown).joined(separator: ",") })
    }

    /// One entry of a list: its faults speak of that entry, not of the whole list.
    private static func parse<Entry>(_ piece: String, as entry: ValueKind<Entry>) throws(ValueFault) -> Entry {
        do {
            return try entry.parse(piece)
        } catch {
            var fault = error
            fault.piece = fault.piece ?? piece
            throw fault
        }
    }
}

/// Refuses what may hold a password, although the value is shown.
private func refusePasswords(_ text: String) throws(ValueFault) {
    guard !Redaction.isDue(text) else {
        throw ValueFault(
            problem: "looks like a URL or a password", hint: "correct it; it must not hold :// or a : before an @")
    }
}

/// Refuses what would break out of a line in a file, a header field or a log.
private func refuseControlCharacters(_ text: String) throws(ValueFault) {
    guard !text.holdsControlCharacter else {
        throw ValueFault(
            problem: "holds a control character or more than one line",
            hint: "write it on one line, without such characters"
        )
    }
}
