import CivilTime
import JSON

extension Entry {
    /// Reads a whole record from a line without its newline: form, checksum and content.
    public init(line: Span<UInt8>) throws(LineFault) {
        let head = try RecordLine(checking: line)
        let members = try Members(line)
        seq = head.seq
        durable = head.durable
        guard let time = Timestamp(try members.string(.time, line)) else { throw .content(#""time" is not a time"#) }
        self.time = time.nanoseconds
        record = try members.record(line)
    }
}

/// The members of a record's object, by name.
private struct Members {
    private var tokens: [(key: UInt64, token: JSONToken)] = []

    init(_ line: Span<UInt8>) throws(LineFault) {
        var scanner = JSONScanner()
        var tokens: [(key: UInt64, token: JSONToken)] = []
        tokens.reserveCapacity(12)
        do {
            // The record itself is no level: a report that was just shallow enough to be accepted must be readable here.
            try scanner.members(line, depth: 0) { name, value in
                tokens.append((MemberName.key(of: name, in: line), value))
            }
            try scanner.end(line)
        } catch {
            throw .content("it is no JSON: \(error)")
        }
        self.tokens = tokens
    }

    func record(_ line: Span<UInt8>) throws(LineFault) -> Record {
        let kind = try string(.kind, line)
        switch kind {
        case "opened":
            return .opened(
                Record.Opened(
                    format: Int(try integer(.format, line)), journal: try string(.journal, line),
                    version: try string(.version, line), api: try string(.api, line),
                    client: try string(.client, line)))
        case "closed": return .closed
        case "baseline": return .baseline(count: Int(try integer(.count, line)))
        case "known":
            return .known(payment: try integer(.payment, line), current: try json(.current, line))
        case "received":
            return .received(
                Record.Received(
                    payment: try integer(.payment, line), peer: try string(.peer, line),
                    report: try json(.report, line), deviations: try strings(.deviations, line)))
        case "confirmed":
            return .confirmed(try confirmed(line))
        case "refuted":
            return .refuted(
                payment: try integer(.payment, line), of: try integer(.of, line), reason: try string(.reason, line))
        case "abandoned":
            return .abandoned(
                Record.Abandoned(
                    payment: try integer(.payment, line), of: try integers(.of, line),
                    attempts: Int(try integer(.attempts, line)), error: try string(.error, line)))
        case "delivered": return .delivered(try delivery(line))
        case "undeliverable": return .undeliverable(try delivery(line))
        default: throw .content("its kind \(JSONString.quoted(kind)) is not known to this version")
        }
    }

    private func confirmed(_ line: Span<UInt8>) throws(LineFault) -> Record.Confirmed {
        guard let cause = Record.Cause(rawValue: try string(.cause, line)) else {
            throw .content(#""cause" is not known to this version"#)
        }
        return Record.Confirmed(
            payment: try integer(.payment, line), current: try json(.current, line), news: try bool(.news, line),
            of: try integers(.of, line), cause: cause)
    }

    private func delivery(_ line: Span<UInt8>) throws(LineFault) -> Record.Delivery {
        Record.Delivery(
            payment: try integer(.payment, line), of: try integer(.of, line), endpoint: try string(.endpoint, line),
            attempts: Int(try integer(.attempts, line)), status: (try? integer(.status, line)).map { Int($0) },
            error: try? string(.error, line))
    }

    // MARK: One member

    func string(_ name: MemberName, _ line: Span<UInt8>) throws(LineFault) -> String {
        guard let value = try token(name).string(in: line) else { throw .content(#""\#(name.text)" is not a string"#) }
        return value
    }

    private func integer(_ name: MemberName, _ line: Span<UInt8>) throws(LineFault) -> Int64 {
        guard let value = try token(name).integer(in: line) else {
            throw .content(#""\#(name.text)" is not an integer"#)
        }
        return value
    }

    private func bool(_ name: MemberName, _ line: Span<UInt8>) throws(LineFault) -> Bool {
        switch try token(name).kind {
        case .true: return true
        case .false: return false
        default: throw .content(#""\#(name.text)" is neither true nor false"#)
        }
    }

    private func json(_ name: MemberName, _ line: Span<UInt8>) throws(LineFault) -> [UInt8] {
        JSONCompact.copy(line.extracting(try token(name).rawRange), whiteSpace: 0)
    }

    private func integers(_ name: MemberName, _ line: Span<UInt8>) throws(LineFault) -> [Int64] {
        var values: [Int64?] = []
        try elements(name, line) { values.append($0.integer(in: line)) }
        let integers = values.compactMap { $0 }
        guard integers.count == values.count else { throw .content(#""\#(name.text)" holds something but integers"#) }
        return integers
    }

    private func strings(_ name: MemberName, _ line: Span<UInt8>) throws(LineFault) -> [String] {
        var values: [String?] = []
        try elements(name, line) { values.append($0.string(in: line)) }
        let strings = values.compactMap { $0 }
        guard strings.count == values.count else { throw .content(#""\#(name.text)" holds something but strings"#) }
        return strings
    }

    private func elements(_ name: MemberName, _ line: Span<UInt8>, _ body: (JSONToken) -> Void) throws(LineFault) {
        let token = try token(name)
        guard token.kind == .array else { throw .content(#""\#(name.text)" is not an array"#) }
        var scanner = JSONScanner(at: token.range.lowerBound)
        do { try scanner.elements(line, body) } catch { throw .content("it is no JSON: \(error)") }
    }

    private func token(_ name: MemberName) throws(LineFault) -> JSONToken {
        for member in tokens where member.key == name.key { return member.token }
        throw .content(#""\#(name.text)" is missing"#)
    }
}
