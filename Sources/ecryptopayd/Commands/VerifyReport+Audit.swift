import JournalFormat
import JournalStore

extension VerifyReport {
    /// Of a journal in files.
    init(_ report: JournalAudit.Report, directory: String) {
        if let copy = report.copy, report.problemCount > 0, !report.isHalfCopied,
            report.problemCount == report.problems.count, report.problems.allSatisfy(\.fault.isOfAnInstant)
        {
            let missing = copy.missing.map { " without records \($0.lowerBound) to \($0.upperBound)" }.joined(
                separator: ",")
            self.init(
                sentence: """
                    a copy of a journal, made while a daemon wrote to it: good up to record \(copy.last)\(missing). The daemon's start \
                    on it cuts off what stands behind, and keeps it
                    """,
                json: report.json, problems: [])
            return
        }
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
        if let other = problems.first(where: \.isOfAnotherVersion) { return "\(count); hint: \(other.mend)" }
        if isTornTail {
            return """
                \(count), behind record \(claimed), the last that is known to have been synced: a torn tail, which the next \
                start of the daemon sets aside by itself
                """
        }
        // The last line can be run as it is.
        let lastResort = first.repair.map { repair in
            """
            . \((first.effect ?? "").capitalizedFirst):
            ecryptopayd journal repair --directory \(directory) \(repair.options)
            """
        }
        return "\(count); hint: \(first.mend)\(lastResort ?? "")"
    }

    fileprivate var json: String {
        """
        {"records":\(records),"bytes":\(bytes),"segments":\(segments),"claimed":\(claimed),\
        "passed_over":\(passedOver.json),\
        "problems":\(problemCount + (isHalfCopied ? 1 : 0))\(copy.map { ",\"copy_end\":\($0.last)" } ?? "")}
        """
    }
}

extension Damage {
    fileprivate var isOfAnotherVersion: Bool { if case .content = fault { true } else { false } }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

extension LineFault {
    /// Whether files of different instants explain it.
    fileprivate var isOfAnInstant: Bool {
        switch self {
        case .cutShort, .noNewline, .missing, .begins, .beginning, .gone, .noHead: true
        case .changed(let segment, let size, _): size < segment.size
        default: false
        }
    }
}
