import JournalFormat
import JournalStore

extension VerifyReport {
    /// Of a journal in files.
    init(_ report: JournalAudit.Report, directory: String) {
        self.init(
            sentence: report.sentence, json: report.json,
            problems: (report.isHalfCopied ? [Self.halfCopied] : []) + report.problems.map(\.description),
            hint: report.isHalfCopied ? Self.halfCopiedHint : report.hint(directory: directory))
    }
}

extension JournalAudit.Report {
    fileprivate var sentence: String {
        let state = VerifyReport.state(problems: problemCount, later: laterCount, isHalfCopied: isHalfCopied)
        return """
            \(records) good records, \(bytes) bytes in \(segments) segments: \(state)\(VerifyReport.note(passedOver: passedOver))
            """
    }

    /// What to do about what is wrong; nil when nothing is.
    fileprivate func hint(directory: String) -> String? {
        guard let first = problems.first else { return nil }
        let count = problemCount == 1 ? "1 problem" : "\(problemCount) problems"
        if let laterVersion { return "\(count); hint: \(laterVersion.hint)" }
        if problems.contains(where: \.isOfAnotherVersion) {
            return """
                \(count). What passes its checksum and cannot be read was probably written by a later version of ecryptopayd: \
                use that version, or restore the segment from a backup
                """
        }
        if isTornTail {
            return """
                \(count), behind record \(claimed), the last that is known to have been synced: a torn tail, which the next \
                start of the daemon sets aside by itself
                """
        }
        if let beginning {
            return """
                \(count). Segments before the first one that is there are missing, and no pruning removed them: restore them from \
                a backup. Where there is none, or they were removed on purpose, have the journal begin there:
                ecryptopayd journal repair --directory \(directory) --segment \(beginning) --begins-here
                """
        }
        let place = first.isAboutSegments ? "Look whether a segment is missing or was renamed. " : ""
        return """
            \(count). \(place)Restore what is damaged from a backup. Where there is none, the last resort is to cut the journal \
            before the first problem, which keeps all behind it in files of another name:
            ecryptopayd journal repair --directory \(directory) --segment \(first.segment) --at \(first.offset)
            """
    }

    fileprivate var json: String {
        """
        {"records":\(records),"bytes":\(bytes),"segments":\(segments),"claimed":\(claimed),\
        "passed_over":\(passedOver.json),\
        "problems":\(problemCount + (isHalfCopied ? 1 : 0))}
        """
    }
}

extension JournalReader.Fault {
    fileprivate var isOfAnotherVersion: Bool { if case .content = fault { true } else { false } }

    /// Whether a segment begins with another number than the one that is to follow.
    fileprivate var isAboutSegments: Bool {
        switch fault {
        case .sequence: offset == 0
        case .missing: true
        default: false
        }
    }
}
