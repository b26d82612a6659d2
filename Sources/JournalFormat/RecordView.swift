import JSON

/// What a record tells, by kind, with the JSON that came from outside left where it stands.
package enum RecordView: Sendable {
    /// ``Record/known(payment:current:)``.
    case known(payment: Int64, current: Range<Int>)
    /// ``Record/received(_:)``.
    case received(Received)
    /// ``Record/confirmed(_:)``.
    case confirmed(Confirmed)
    /// Any other kind. Those are small, and read whole.
    case other(Record)

    /// ``Record/Received``.
    package struct Received: Sendable {
        /// The payment that it speaks of.
        package let payment: Int64
        let peer: JSONToken
        /// Where in the line stands what it said.
        package let report: Range<Int>
        let deviations: JSONToken
    }

    /// ``Record/Confirmed``.
    package struct Confirmed: Sendable {
        /// The payment.
        package let payment: Int64
        /// Where in the line stands what the API said.
        package let current: Range<Int>
        /// Whether it told anything new.
        package let news: Bool
        /// The reports that it settled.
        package let of: [Int64]
        /// What caused the call.
        package let cause: Record.Cause
    }
}

extension RecordView {
    init(_ members: RecordMembers, _ line: Span<UInt8>) throws(LineFault) {
        let kind = try members.kind.string("kind")
        switch kind.shortText(in: line) {
        case "received":
            self = .received(
                Received(
                    payment: try members.payment.integer("payment", line), peer: try members.peer.string("peer"),
                    report: try members.report.required("report").rawRange,
                    deviations: try members.deviations.strings("deviations", line)))
        case "confirmed":
            guard let cause = Record.Cause(rawValue: try members.cause.string("cause", line)) else {
                throw .laterVersion(LaterVersion(#"its "cause" is not known to this version"#))
            }
            self = .confirmed(
                Confirmed(
                    payment: try members.payment.integer("payment", line),
                    current: try members.current.required("current").rawRange, news: try members.news.bool("news"),
                    of: try members.of.integers("of", line), cause: cause))
        case "known":
            self = .known(
                payment: try members.payment.integer("payment", line),
                current: try members.current.required("current").rawRange)
        case let other: self = .other(try Self.other(other, kind, members, line))
        }
    }

    private static func other(
        _ name: ShortText?, _ kind: JSONToken, _ members: RecordMembers, _ line: Span<UInt8>
    ) throws(LineFault) -> Record {
        switch name {
        case "opened": return .opened(try opened(members, line))
        case "closed": return .closed
        case "baseline": return .baseline(count: Int(try members.count.integer("count", line)))
        case "refuted":
            return .refuted(
                payment: try members.payment.integer("payment", line), of: try members.of.integer("of", line),
                reason: try members.reason.string("reason", line))
        case "abandoned":
            return .abandoned(
                Record.Abandoned(
                    payment: try members.payment.integer("payment", line), of: try members.of.integers("of", line),
                    attempts: Int(try members.attempts.integer("attempts", line)),
                    error: try members.error.string("error", line)))
        case "delivered": return .delivered(try delivery(members, line))
        case "undeliverable": return .undeliverable(try delivery(members, line))
        default:
            let kind = kind.string(in: line) ?? ""
            guard members.skip?.kind == .true else {
                throw .laterVersion(LaterVersion("its kind \(JSONString.quoted(kind)) is not known to this version"))
            }
            return .passedOver(kind: kind, payment: members.payment?.integer(in: line))
        }
    }

    private static func opened(_ members: RecordMembers, _ line: Span<UInt8>) throws(LineFault) -> Record.Opened {
        let format = Int(try members.format.integer("format", line))
        let reads = members.reads == nil ? format : Int(try members.reads.integer("reads", line))
        // First: another format may have other members than these.
        guard FormatRule.current.allows(format: format, reads: reads) else {
            throw .laterVersion(
                LaterVersion(
                    """
                    the journal has format \(format) from there on, for readers of format \(reads) and later, and this version of \
                    ecryptopayd reads format \(RecordCodec.format)
                    """, version: members.version?.string(in: line), isFormat: true))
        }
        var chain: UInt32?
        if members.chain != nil {
            chain = CRC32C.parse(try members.chain.string("chain", line))
            if chain == nil { throw .content(#""chain" is no checksum"#) }
        }
        return Record.Opened(
            format: format, reads: reads, journal: try members.journal.string("journal", line),
            version: try members.version.string("version", line), api: try members.api.string("api", line),
            client: try members.client.string("client", line),
            endpoints: members.endpoints == nil ? nil : try members.endpoints.texts("endpoints", line), chain: chain,
            checksumIDs: members.checksumIDs == nil ? nil : try members.checksumIDs.integer("checksum_ids", line),
            restore: try restore(members, line))
    }

    private static func restore(_ members: RecordMembers, _ line: Span<UInt8>) throws(LineFault) -> Record.Restore? {
        if members.restoredAfter == nil { return nil }
        return Record.Restore(
            after: try members.restoredAfter.integer("restored_after", line),
            point: try members.restoredPoint.time("restored_point", line),
            time: try members.restoredAt.time("restored_at", line))
    }

    private static func delivery(
        _ members: RecordMembers, _ line: Span<UInt8>
    ) throws(LineFault) -> Record.Delivery {
        Record.Delivery(
            payment: try members.payment.integer("payment", line), of: try members.of.integer("of", line),
            endpoint: try members.endpoint.string("endpoint", line),
            attempts: Int(try members.attempts.integer("attempts", line)),
            status: members.status?.integer(in: line).map { Int($0) }, error: members.error?.string(in: line),
            isUnreadable: members.reason?.string(in: line) == Record.Delivery.unreadable)
    }
}
