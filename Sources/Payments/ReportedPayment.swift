import JSON

/// What a webhook said: a hint, never the truth. Nothing downstream of the confirmer takes one.
package struct ReportedPayment: Sendable {
    /// What of it is compared and kept in memory.
    package let summary: ReportedSummary
    /// The state it claims; an opaque string, not empty.
    package let state: String
    /// The cryptocurrency, e.g. `btc`; nil when missing or not a string, and then not compared.
    package let currency: String?
    /// The report as it came, without insignificant white space, and without what it says too much of what nobody knows.
    package let json: [UInt8]
    /// What differs from the documentation without making the report useless, e.g. `amount: missing`.
    package private(set) var deviations: [String]

    /// The payment it speaks of.
    package var id: PaymentID { summary.id }
    /// The amount in Mexican pesos; nil when missing or unreadable, and then not compared.
    package var amount: Amount? { summary.amount }
    /// When the payment changed last, in nanoseconds since 1970; nil when missing or unreadable, and then not compared.
    package var updatedAt: Int64? { summary.updatedAt }

    /// Reads a webhook's body.
    package init(body: Span<UInt8>) throws(ReportFault) {
        let object = try ReportedSummary.object(body)
        summary = try ReportedSummary(object, body)
        state = object.state?.string(in: body) ?? ""
        currency = object.currency?.string(in: body)
        let excess = Self.excess(object.unknown)
        json =
            excess.isEmpty
            ? JSONCompact.copy(body, whiteSpace: object.whiteSpace) : Self.copy(body, without: excess)
        deviations = []
        note("amount", object.amount, isRead: amount != nil, "not a decimal number")
        note("currency", object.currency, isRead: currency != nil, "")
        note("updated_at", object.updatedAt, isRead: updatedAt != nil, "not a time")
        note("created_at", object.createdAt, isRead: object.createdAt?.time(in: body) != nil, "not a time")
        note(
            "currency_amount", object.currencyAmount, isRead: object.currencyAmount.string?.amount(in: body) != nil,
            "not a decimal number")
        if !excess.isEmpty {
            note(deviation: "unknown members: \(excess.reduce(0) { $0 + $1.count }) bytes left out")
        }
    }

    // MARK: Members that nobody knows

    /// So many bytes of members that the documentation does not name are kept. A forger could fill the disk with more.
    private static let keptBytes = 1024

    /// Those for which there is no room.
    private static func excess(_ unknown: [Range<Int>]) -> [Range<Int>] {
        var room = keptBytes
        return unknown.filter { member in
            guard member.count <= room else { return true }
            room -= member.count
            return false
        }
    }

    private static func copy(_ body: Span<UInt8>, without excess: [Range<Int>]) -> [UInt8] {
        let gone = Set(excess.map(\.lowerBound))
        var json = [UInt8(ascii: "{")]
        var scanner = JSONScanner()
        // It has been scanned before.
        try? scanner.object(body) { name, value in
            let member = name.rawRange.lowerBound..<value.rawRange.upperBound
            if gone.contains(member.lowerBound) { return }
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            JSONCompact.append(body.extracting(member), whiteSpace: member.count, to: &json)
        }
        return json + [UInt8(ascii: "}")]
    }

    // MARK: Deviations

    /// Adds a deviation that the body cannot tell, such as the Content-Type it came with.
    package mutating func note(deviation: String) {
        deviations.append(deviation)
    }

    private mutating func note(_ name: String, _ member: JSONToken?, isRead: Bool, _ problem: String) {
        if isRead { return }
        guard let member else { return note(deviation: "\(name): missing") }
        note(deviation: "\(name): \(member.kind == .string ? problem : "not a string")")
    }
}
