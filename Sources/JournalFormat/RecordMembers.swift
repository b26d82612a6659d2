import CivilTime
import JSON

/// Where the members of a record's object stand in its line, by name. The first of a name counts.
struct RecordMembers {
    private(set) var api: JSONToken?
    private(set) var attempts: JSONToken?
    private(set) var cause: JSONToken?
    private(set) var chain: JSONToken?
    private(set) var checksumIDs: JSONToken?
    private(set) var client: JSONToken?
    private(set) var count: JSONToken?
    private(set) var current: JSONToken?
    private(set) var deviations: JSONToken?
    private(set) var endpoint: JSONToken?
    private(set) var endpoints: JSONToken?
    private(set) var error: JSONToken?
    private(set) var format: JSONToken?
    private(set) var journal: JSONToken?
    private(set) var kind: JSONToken?
    private(set) var news: JSONToken?
    private(set) var of: JSONToken?
    private(set) var payment: JSONToken?
    private(set) var peer: JSONToken?
    private(set) var reads: JSONToken?
    private(set) var reason: JSONToken?
    private(set) var report: JSONToken?
    private(set) var restoredAfter: JSONToken?
    private(set) var restoredAt: JSONToken?
    private(set) var restoredPoint: JSONToken?
    private(set) var skip: JSONToken?
    private(set) var status: JSONToken?
    private(set) var time: JSONToken?
    private(set) var version: JSONToken?

    /// Reads all of a line, and so proves it to be JSON.
    init(_ line: Span<UInt8>) throws(LineFault) {
        self.init()
        var scanner = JSONScanner()
        do {
            // The record itself is no level: a report that was just shallow enough to be accepted must be readable here.
            try scanner.members(line, depth: 0) { name, value in
                if let name = name.shortText(in: line) { add(name, value) }
            }
            try scanner.end(line)
        } catch {
            throw .content("it is no JSON: \(error)")
        }
    }

    private init() {}

    /// The most frequent names come first.
    private mutating func add(_ name: ShortText, _ value: JSONToken) {
        switch name {
        // ``RecordLine`` has read these.
        case "crc", "seq", "durable": break
        case "time": time = time ?? value
        case "kind": kind = kind ?? value
        case "payment": payment = payment ?? value
        case "peer": peer = peer ?? value
        case "report": report = report ?? value
        case "deviations": deviations = deviations ?? value
        case "current": current = current ?? value
        case "news": news = news ?? value
        case "of": of = of ?? value
        case "cause": cause = cause ?? value
        case "endpoint": endpoint = endpoint ?? value
        case "attempts": attempts = attempts ?? value
        case "status": status = status ?? value
        case "error": error = error ?? value
        case "reason": reason = reason ?? value
        case "format": format = format ?? value
        case "journal": journal = journal ?? value
        case "version": version = version ?? value
        case "api": api = api ?? value
        case "client": client = client ?? value
        case "chain": chain = chain ?? value
        case "count": count = count ?? value
        case "endpoints": endpoints = endpoints ?? value
        case "reads": reads = reads ?? value
        case "checksum_ids": checksumIDs = checksumIDs ?? value
        case "restored_after": restoredAfter = restoredAfter ?? value
        case "restored_at": restoredAt = restoredAt ?? value
        case "restored_point": restoredPoint = restoredPoint ?? value
        case "skip": skip = skip ?? value
        default: break
        }
    }
}

/// What a member must be: the names are for the fault.
extension JSONToken? {
    func required(_ name: StaticString) throws(LineFault) -> JSONToken {
        guard let self else { throw .content(#""\#(name)" is missing"#) }
        return self
    }

    func string(_ name: StaticString) throws(LineFault) -> JSONToken {
        let token = try required(name)
        guard token.kind == .string else { throw .content(#""\#(name)" is not a string"#) }
        return token
    }

    func string(_ name: StaticString, _ line: Span<UInt8>) throws(LineFault) -> String {
        try string(name).string(in: line) ?? ""
    }

    func integer(_ name: StaticString, _ line: Span<UInt8>) throws(LineFault) -> Int64 {
        guard let value = try required(name).integer(in: line) else {
            throw .content(#""\#(name)" is not an integer"#)
        }
        return value
    }

    /// In nanoseconds since 1970.
    func time(_ name: StaticString, _ line: Span<UInt8>) throws(LineFault) -> Int64 {
        guard let time = try string(name).withCharacters(in: line, { Timestamp.nanoseconds($0) }) else {
            throw .content(#""\#(name)" is not a time"#)
        }
        return time
    }

    func bool(_ name: StaticString) throws(LineFault) -> Bool {
        switch try required(name).kind {
        case .true: return true
        case .false: return false
        default: throw .content(#""\#(name)" is neither true nor false"#)
        }
    }

    func integers(_ name: StaticString, _ line: Span<UInt8>) throws(LineFault) -> [Int64] {
        var values: [Int64] = []
        var isRight = true
        try elements(name, line) { element in
            if let value = element.integer(in: line) { values.append(value) } else { isRight = false }
        }
        guard isRight else { throw .content(#""\#(name)" holds something but integers"#) }
        return values
    }

    /// Requires an array of strings; nothing is made of them.
    func strings(_ name: StaticString, _ line: Span<UInt8>) throws(LineFault) -> JSONToken {
        var isRight = true
        try elements(name, line) { if $0.kind != .string { isRight = false } }
        guard isRight else { throw .content(#""\#(name)" holds something but strings"#) }
        return try required(name)
    }

    /// The same, with the strings.
    func texts(_ name: StaticString, _ line: Span<UInt8>) throws(LineFault) -> [String] {
        var texts: [String] = []
        _ = try strings(name, line)
        try elements(name, line) { texts.append($0.string(in: line) ?? "") }
        return texts
    }

    private func elements(
        _ name: StaticString, _ line: Span<UInt8>, _ body: (JSONToken) -> Void
    ) throws(LineFault) {
        let token = try required(name)
        guard token.kind == .array else { throw .content(#""\#(name)" is not an array"#) }
        var scanner = JSONScanner(at: token.range.lowerBound)
        do { try scanner.elements(line, body) } catch { throw .content("it is no JSON: \(error)") }
    }
}
