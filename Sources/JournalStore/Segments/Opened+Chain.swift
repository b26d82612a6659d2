import JournalFormat

extension Record.Opened {
    /// What is wrong with a segment that begins with this behind another one, of which the last `opened` and the checksum are given; nil when
    /// nothing is. What was written before there were chains is taken as it is.
    func fault(behind previous: Record.Opened, _ checksum: UInt32) -> LineFault? {
        guard previous.chain != nil else { return nil }
        let isOther = journal != previous.journal
        if chain == checksum || chain == nil && !isOther { return nil }
        if let chain, !isOther { return .chain(says: chain, found: checksum) }
        return .otherJournal(journal, before: previous.journal)
    }
}
