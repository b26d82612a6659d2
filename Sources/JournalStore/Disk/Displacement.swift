import Glibc
import JournalFormat
import POSIX

/// Somebody has moved, replaced, removed or cut what a running program writes its journal to: the next start would not find it.
package struct Displacement: Hashable, Sendable {
    /// What happened.
    package let description: String
    /// How it is put back: the end of a sentence, in the imperative.
    package let hint: String

    private init(_ description: String, hint: String) {
        self.description = description
        self.hint = hint
    }

    /// Says so of the parts, saves what has no name any more of the segment that is written, and leaves a claim for the next start.
    init(_ parts: Set<DiskPart>, on disk: any Disk, _ file: DiskFile, _ segment: ClosedSegment) {
        if parts.contains(.directory) {
            self = .ofDirectory(disk, file, segment)
            return
        }
        Self.leaveMark(disk, segment)
        let lock = "\(Self.directory(of: file, segment))/\(JournalLock.name)"
        let lockIsAway = "the lock \(lock) was moved, replaced or removed: another process may write, too"
        guard parts.contains(.file) else {
            self.init(lockIsAway, hint: "end the other process, if there is one")
            return
        }
        let displacement = Self.ofSegment(disk, file, segment)
        self.init(
            parts.contains(.lock) ? "\(displacement.description); \(lockIsAway)" : displacement.description,
            hint: parts.contains(.lock)
                ? "\(displacement.hint); likewise all else that was in the directory" : displacement.hint)
    }

    /// Says so of the segment that is written, which is only so long now.
    init(cutTo size: Int64, on disk: any Disk, _ file: DiskFile, _ segment: ClosedSegment) {
        Self.leaveMark(disk, segment)
        let kept = min((try? disk.newlines(file, upTo: size)) ?? 0, segment.last - segment.first)
        self.init(
            """
            the segment \(file.path) was cut to \(size) bytes while it was written to: its records from \(segment.first + kept) on, up to \
            \(segment.last), are gone
            """,
            hint: """
                if whoever cut it has copied it before, as logrotate does with copytruncate, put the copy in its place; else restore it \
                from a backup
                """)
    }

    private static func directory(of file: DiskFile, _ segment: ClosedSegment) -> String {
        String(file.path.dropLast(segment.name.utf8.count + 1))
    }

    /// Whoever moves the segment may have moved the mark, too: without it, the next start would miss nothing.
    private static func leaveMark(_ disk: any Disk, _ segment: ClosedSegment) {
        if let there = try? DurableMark.read(from: disk), there >= segment.last { return }
        _ = try? disk.replace(DurableMark.name, with: DurableMark.encode(segment.last))
        _ = try? disk.synchronizeDirectory()
    }

    // MARK: The segment

    private static func ofSegment(_ disk: any Disk, _ file: DiskFile, _ segment: ClosedSegment) -> Displacement {
        switch disk.place(of: .file, file) {
        case .named(let place):
            return Displacement(
                "the segment \(file.path) was moved to \(place) while it was written to",
                hint: putBack(place, to: file.path))
        case .covered:
            return Displacement(
                "another file has been mounted over the segment \(file.path) while it was written to",
                hint: "unmount it")
        case .gone:
            let description = "the segment \(file.path) was replaced or removed while it was written to"
            do throws(SystemError) {
                let copy = try TornTail.copy(disk, file, from: 0, size: segment.size, as: "\(segment.name)\(suffix)")
                let hint = putBack("\(directory(of: file, segment))/\(copy)", to: file.path)
                return Displacement(description, hint: "what it held is saved: \(hint)")
            } catch {
                return Displacement(
                    description, hint: "restore it from a backup (what it held could not be saved: \(error))")
            }
        }
    }

    /// A start that was not refused has lost nothing, and gone on: then it is too late.
    private static func putBack(_ place: String, to path: String) -> String {
        "unless a daemon has started on it since, put it back with \"mv \(place) \(path)\""
    }

    // MARK: The directory

    private static func ofDirectory(_ disk: any Disk, _ file: DiskFile, _ segment: ClosedSegment) -> Displacement {
        let directory = directory(of: file, segment)
        let rescue = Result { () throws(SystemError) in try leaveClaim(beside: disk, segment) }
        // There is nobody but the reader of this message to hold the next start up.
        let warning =
            if case .failure(let error) = rescue {
                ". Start no daemon before that is done: it would not notice what is missing, since no claim could be left (\(error))"
            } else { "" }
        let newest = Result { () throws(SystemError) in try newestSegment(disk, file, segment, rescue) }
        let place = disk.place(of: .directory, file)
        let description: String
        let hint: String
        switch place {
        case .named(let place):
            description = "the journal's directory \(directory) was moved to \(place) while it was written to"
            let segment =
                switch newest {
                case .success("\(place)/\(segment.name)"): ""
                case .success(let newest): "; then its newest segment with \"mv \(newest) \(file.path)\""
                case .failure(let error): "; \(segment.name) is not in it any more, and could not be saved: \(error)"
                }
            hint = """
                unless a daemon has started on it since, move away what is in its place, and put it back with \
                "mv -T \(place) \(directory)"\(segment)
                """
        case .covered:
            description = """
                another file system or directory has been mounted over the journal's directory \(directory), or over one above it, while \
                it was written to
                """
            hint = "unmount it"
        case .gone:
            description = "the journal's directory \(directory) was removed while it was written to"
            hint =
                switch newest {
                case .success(let newest) where newest == "\(Self.rescue(of: directory))/\(segment.name)":
                    """
                    restore it from a backup and put its newest segment, which is saved in \(Self.rescue(of: directory)), into it; if \
                    that was the only one, move away what is in its place, and "mv -T \(Self.rescue(of: directory)) \(directory)" is \
                    enough
                    """
                case .success(let newest): "restore it from a backup and put its newest segment, \(newest), into it"
                case .failure(let error):
                    "restore it from a backup (what its newest segment held could not be saved: \(error))"
                }
        }
        return Displacement(description, hint: hint + warning)
    }

    /// The next start looks for it there: what has been acknowledged must be in the journal that it finds.
    private static func leaveClaim(beside disk: any Disk, _ segment: ClosedSegment) throws(SystemError) -> any Disk {
        let rescue = try disk.makeRescue()
        try rescue.replace(claimName, with: SegmentManifest(journal: "", [segment]).encode())
        // For the journal that this directory may become.
        try rescue.replace(DurableMark.name, with: DurableMark.encode(segment.last))
        try rescue.synchronizeDirectory()
        return rescue
    }

    /// Where the segment is that was written to; saves it when it has no name.
    private static func newestSegment(
        _ disk: any Disk, _ file: DiskFile, _ segment: ClosedSegment, _ rescue: Result<any Disk, SystemError>
    ) throws(SystemError) -> String {
        switch disk.place(of: .file, file) {
        case .named(let place): return place
        case .covered: return file.path
        case .gone:
            let rescue = try rescue.get()
            try rescue.replace(segment.name) { copy throws(SystemError) in
                try disk.copy(0..<segment.size, of: file, to: copy, on: rescue, at: 0)
            }
            try rescue.synchronizeDirectory()
            return "\(Self.rescue(of: directory(of: file, segment)))/\(segment.name)"
        }
    }

    private static let suffix = ".rescued"
    /// The file in what is saved of a directory that says, like a manifest, what the newest segment held.
    private static let claimName = "claim"

    /// Where what a directory held is saved when it is removed.
    package static func rescue(of directory: String) -> String { "\(FileCalls.normalized(directory))\(suffix)" }
}

// MARK: - The next start

extension Displacement {
    /// Throws when a directory or a segment was moved, replaced or removed under a running program, and what is in its place has not all
    /// that had been acknowledged. Returns the files that say so and are not needed any more.
    package static func refuseLoss(in directory: String) throws(JournalFault) -> [String] {
        do {
            return try servedClaims(on: directory) + servedSegments(in: directory)
        } catch let error as SystemError { throw .system(error) } catch let fault as JournalFault { throw fault } catch
        {
            fatalError("\(error)")
        }
    }

    private static func servedClaims(on directory: String) throws -> [String] {
        let rescue = rescue(of: directory)
        let name = rescue.split(separator: "/").last ?? ""
        // Whoever moves the one to the place of the other may find it within.
        return try [rescue, "\(FileCalls.normalized(directory))/\(name)"].flatMap { rescue -> [String] in
            guard
                let saved = try unlessMissing({ () throws(SystemError) in
                    try DirectoryDisk(path: rescue, followsLink: false)
                }),
                let claim = SegmentManifest.decode(try saved.contents(of: claimName) ?? [])?.segments.first
            else { return [] }
            let journal = try unlessMissing { () throws(SystemError) in try DirectoryDisk(path: directory) }
            if try journal?.holds(claim) != true {
                throw JournalFault.displaced(directory: directory, claimed: claim.last, rescue: rescue)
            }
            return [claim.name, DurableMark.name, claimName].map { "\(rescue)/\($0)" } + [rescue]
        }
    }

    private static func servedSegments(in directory: String) throws -> [String] {
        guard let disk = try unlessMissing({ () throws(SystemError) in try DirectoryDisk(path: directory) }) else {
            return []
        }
        let length = SegmentName.name(firstSeq: 1).utf8.count
        let saved = try disk.names().filter { $0.dropFirst(length).hasPrefix(suffix) }
        if saved.isEmpty { return [] }
        let extent = try JournalExtent(disk)
        return try saved.compactMap { name -> String? in
            guard let first = SegmentName.firstSeq(of: String(name.prefix(length))),
                first >= extent.beginning, !extent.dropped.contains(first)
            else { return nil }
            let path = "\(disk.path)/\(name)"
            let (segment, last) = try disk.segment(first, in: name)
            if try !disk.holds(segment) {
                throw JournalFault.segmentReplaced(
                    segment: "\(disk.path)/\(segment.name)", claimed: last, rescue: path)
            }
            return path
        }
    }

    private static func unlessMissing<Value>(_ body: () throws(SystemError) -> Value) throws(SystemError) -> Value? {
        do { return try body() } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw error
        }
    }

    /// What is to be said at a start when no claim could be left beside a directory; nil when one could.
    package static func warning(of directory: String) -> String? {
        let (directory, rescue) = (FileCalls.normalized(directory), rescue(of: directory))
        do throws(SystemError) {
            let parent = FileCalls.parent(of: directory)
            // Nobody moves a file system that is mounted there.
            if try FileCalls.isOtherFileSystem(directory, parent) { return nil }
            do throws(SystemError) { try FileCalls.requireWritableDirectory(rescue) } catch {
                try FileCalls.requireWritableDirectory(parent)
            }
            return nil
        } catch {
            return """
                if somebody moves or removes \(directory) while this runs, the next start does not notice what is missing, since no claim \
                can be left beside it: \(error); create the directory \(rescue), and give it to this user (id \(geteuid()))
                """
        }
    }
}

extension Disk {
    /// Whether a segment is there, and begins with what it held.
    fileprivate func holds(_ segment: ClosedSegment) throws(SystemError) -> Bool {
        guard let file = try openUnlessPruned(segment.first) else { return false }
        defer { close(file) }
        guard try size(file) >= segment.size else { return false }
        return try checksum(file, upTo: segment.size).checksum == segment.checksum
    }

    /// What a file holds of a segment, and its last record.
    fileprivate func segment(_ first: Int64, in name: String) throws(SystemError) -> (ClosedSegment, last: Int64?) {
        let file = try open(name, .read)
        defer { close(file) }
        let size = try size(file)
        let last = first + (try newlines(file, upTo: size)) - 1
        let checksum = try checksum(file, upTo: size).checksum
        return (ClosedSegment(first: first, last: last, size: size, checksum: checksum), last >= first ? last : nil)
    }

    /// How many lines end in a file's first bytes.
    fileprivate func newlines(_ file: DiskFile, upTo end: Int64) throws(SystemError) -> Int64 {
        var (count, offset): (Int64, Int64) = (0, 0)
        while offset < end {
            let bytes = try read(file, count: Int(min(1 << 20, end - offset)), at: offset)
            if bytes.isEmpty { break }
            count += Int64(bytes.count { $0 == UInt8(ascii: "\n") })
            offset += Int64(bytes.count)
        }
        return count
    }
}
