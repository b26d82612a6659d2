import JSON

/// A record in its place in the journal.
package struct Entry: Hashable, Sendable {
    /// Its sequence number: from 1, across segments, without gaps but for what was dropped.
    package let seq: Int64
    /// Every record up to this had been synced when it was written.
    package let durable: Int64
    /// When it was written, in nanoseconds since 1970 (microseconds are kept).
    package let time: Int64
    /// The `crc` of its line.
    package let checksum: UInt32
    /// What it tells.
    package let record: Record

    package init(seq: Int64, durable: Int64, time: Int64, checksum: UInt32 = 0, record: Record) {
        self.seq = seq
        self.durable = durable
        self.time = time
        self.checksum = checksum
        self.record = record
    }

    /// Reads a whole record from a line without its newline: form, checksum and content.
    package init(line: Span<UInt8>) throws(LineFault) {
        self.init(try EntryView(RecordLine(checking: line), line), line)
    }

    /// In the place of a record may stand one of another journal, however good.
    package func require(_ kind: String) throws(LineFault) {
        guard record.kind == kind else { throw .content("record \(seq) is of kind \(record.kind), and not \(kind)") }
    }

    /// Copies a record out of the line it stands in.
    package init(_ view: EntryView, _ line: Span<UInt8>) {
        self.init(
            seq: view.seq, durable: view.durable, time: view.time, checksum: view.checksum,
            record: Record(view.record, line))
    }
}

extension Record {
    fileprivate init(_ view: RecordView, _ line: Span<UInt8>) {
        switch view {
        case .known(let payment, let current): self = .known(payment: payment, current: copy(of: current, line))
        case .received(let received):
            self = .received(
                Received(
                    payment: received.payment, peer: received.peer.string(in: line) ?? "",
                    report: copy(of: received.report, line), deviations: received.deviations.strings(line)))
        case .confirmed(let confirmed):
            self = .confirmed(
                Confirmed(
                    payment: confirmed.payment, current: copy(of: confirmed.current, line), news: confirmed.news,
                    of: confirmed.of, cause: confirmed.cause))
        case .other(let record): self = record
        }
    }
}

private func copy(of range: Range<Int>, _ line: Span<UInt8>) -> [UInt8] {
    JSONCompact.copy(line.extracting(range), whiteSpace: 0)
}

extension JSONToken {
    /// The strings of an array that has been found to hold nothing else.
    fileprivate func strings(_ line: Span<UInt8>) -> [String] {
        var strings: [String] = []
        var scanner = JSONScanner(at: range.lowerBound)
        try? scanner.elements(line) { strings.append($0.string(in: line) ?? "") }
        return strings
    }
}
