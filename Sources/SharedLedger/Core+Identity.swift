import JournalFormat
import Payments

// Who this node is, what time it is, and whether the database is the one that was followed.
extension SharedLedger.Core {
    /// Notes what the server's clock says. An answer that took longer shows it behind, so the greatest difference counts, but
    /// for a slow drift, and for a clock that was set.
    mutating func noteTime(_ time: Int64, at now: Int64) {
        let measured = time - now
        let wasSet = offsetFrom == Self.never || abs(offset - measured) > 1_000_000_000
        // A clock that loses a two-thousandth is a bad one.
        offset = wasSet ? measured : max(measured, offset - (now - offsetFrom) / 2000)
        offsetFrom = now
    }

    /// Whether what the others must know has waited long enough for another reason to write.
    mutating func areNotesDue(_ now: Int64) -> Bool {
        guard !notes.isEmpty else { return false }
        let since = notesFrom ?? now
        notesFrom = since
        return now - since >= SharedLedger.noteDelay
    }

    /// Behind what the database is asked for more. After a failure the last note is asked for again: a standby that took over may
    /// have another one, and nothing else may tell so.
    var seen: Cut { isNoteDoubtful && lastNote != nil ? Cut(seq: cut.seq, note: cut.note - 1) : cut }

    /// Why the database is not the one that this node has followed; nil when it is.
    func loss(_ view: SharedView) -> String? {
        guard view.head.cut.seq >= cut.seq, view.head.cut.note >= cut.note else {
            return """
                the database lacks records that it had acknowledged: it ends with \(view.head.cut.seq), and record \(cut.seq) \
                was there
                """
        }
        if let lastNote, let note = view.notes.first, note.number == lastNote.number,
            note.node != lastNote.node || note.body != lastNote.body
        {
            return "the database has another note \(note.number) than the one that it had acknowledged"
        }
        guard let anchor = view.anchor, !lastHead.isEmpty else { return nil }
        if case .line(let line) = anchor, StoredRecord.head(of: line) == lastHead { return nil }
        return "the database has another record \(cut.seq) than the one that it had acknowledged"
    }

    var opened: Record.Opened {
        Record.Opened(
            format: RecordCodec.format, journal: journal, version: options.version, api: options.account.api,
            client: options.account.client, endpoints: state.endpoints.isEmpty ? nil : state.endpoints)
    }

    var identity: NodeIdentity {
        NodeIdentity(
            number: node, name: options.name, version: options.version, journal: options.journal, lease: options.lease)
    }
}
