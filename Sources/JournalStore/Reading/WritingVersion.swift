import JournalFormat
import POSIX

extension LineFault {
    /// The same with the version of the program that wrote the record, where the line itself does not say.
    func named(_ disk: any Disk, _ segment: Int64, _ offset: Int64) throws(SystemError) -> LineFault {
        try named { () throws(SystemError) in try disk.version(before: offset, in: segment) }
    }
}

extension Disk {
    /// The version that the newest `opened` record before a place names.
    fileprivate func version(before offset: Int64, in segment: Int64) throws(SystemError) -> String? {
        for first in try segments().reversed() where first <= segment {
            guard let file = try openUnlessPruned(first) else { continue }
            defer { close(file) }
            var version: String?
            var reader = SegmentReader(self, file)
            while case .line(let place, _) = try reader.next(), first < segment || place < offset {
                if case .opened(let opened)? = try? Entry(line: reader.line.span).record { version = opened.version }
            }
            if let version { return version }
        }
        return nil
    }
}
