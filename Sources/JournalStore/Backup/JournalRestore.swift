import Glibc
package import JournalFormat
import POSIX

/// Puts a backup, or a plain copy of a journal's directory, in a journal's place.
///
/// All of it is written and proven in a directory beside, which has the file `copying`: no daemon starts there. Then the two directories are
/// exchanged at once, the old one gets the name that it keeps, and the mark goes last. It may be interrupted at any time; the same again
/// begins anew, or ends what only needs to be ended.
package struct JournalRestore {
    /// What was put in place.
    package struct Report: Hashable, Sendable {
        /// The backup; nil for a plain copy.
        package internal(set) var manifest: BackupManifest?
        /// When the last record of a backup was written, in nanoseconds since 1970.
        package internal(set) var until: Int64?
        /// How many bytes were copied.
        package internal(set) var bytes: Int64 = 0
        /// Whether only an earlier one was brought to its end, from wherever that was.
        package internal(set) var isEnd = false
        /// Where the journal is now that was there before.
        package internal(set) var replaced: String?
    }

    /// What there is to restore.
    private enum Content {
        case backup(BackupManifest)
        /// The files of a journal's directory.
        case files([String])
    }

    /// The contents of the file `copying`: not all is there, and all is.
    private static let (part, whole) = (Array("restore\n".utf8), Array("restored\n".utf8))

    private let source: any Disk
    private let directory: String
    private let progress: (Int64, Int64) -> Void
    private var report = Report()

    /// Where it is written before it is in its place.
    private var new: String { "\(directory).new" }
}

extension JournalRestore {
    /// Acts on a directory as whom it belongs to.
    package protocol Hands {
        /// A directory's files.
        func disk(_ directory: String) throws -> any Disk
        /// Those of a directory that is made if it is not there, for whom another one belongs to.
        func make(_ directory: String, like other: (any Disk)?) throws -> any Disk
        /// The lock of a directory that was opened so. Throws ``JournalFault``.
        func lock(_ disk: any Disk) throws -> JournalLock
    }
}

extension JournalRestore {
    /// Restores. `directory` is resolved; `time` names what is replaced. Throws ``BackupFault``, ``JournalFault``, and `SystemError`.
    package static func run(
        from source: any Disk, to directory: String, replaces: Bool, suffix: String, hands: any Hands,
        progress: (Int64, Int64) -> Void = { _, _ in }
    ) throws -> Report {
        try withoutActuallyEscaping(progress) { progress in
            var restore = JournalRestore(source: source, directory: directory, progress: progress)
            try restore.run(replaces: replaces, suffix: suffix, hands)
            return restore.report
        }
    }

    private mutating func run(replaces: Bool, suffix: String, _ hands: any Hands) throws {
        let content = try content()
        var old: Old?
        if try FileCalls.identity(of: directory) != nil {
            let disk = try hands.disk(directory)
            try Self.check(disk, replaces: replaces)
            let lock = try hands.lock(disk)
            // Once more, now that nobody else can change it.
            old = Old(disk: disk, lock: lock, isEmpty: try Self.check(disk, replaces: replaces))
            if try disk.contents(of: JournalCopyWriter.markName) == Self.whole {
                report.isEnd = true
                return try finish(disk, suffix: suffix)
            }
        }
        let disk = try hands.make(new, like: old?.disk)
        let lock = try hands.lock(disk)
        do {
            try prepare(disk)
            try copy(content, to: disk)
            try tell(content, disk)
        } catch {
            try? discard(disk)
            throw error
        }
        try disk.replace(JournalCopyWriter.markName, with: Self.whole)
        try disk.synchronizeDirectory()
        try exchange(old, disk)
        try finish(disk, suffix: suffix, emptied: old.flatMap { $0.isEmpty ? $0.disk : nil })
        withExtendedLifetime((lock, old)) {}
    }

    /// What was in the place.
    private struct Old {
        let disk: any Disk
        let lock: JournalLock
        let isEmpty: Bool
    }

    // MARK: What is there

    private func content() throws -> Content {
        // The place of a backup is nobody's. Where it is somebody's, a daemon has gone on with the backup, or with a copy of it.
        let place = try source.contents(of: Place.name, atMost: 1000).flatMap { Place.decode($0) } ?? .none
        if place == .none, let bytes = try source.contents(of: BackupManifest.name) {
            guard let manifest = BackupManifest.decode(bytes) else {
                throw BackupFault.lies(
                    "that file is damaged; hint: restore another backup, or remove the file, and what is left is taken as a plain copy"
                )
            }
            if !manifest.isComplete {
                throw BackupFault.unfinished(
                    """
                    the first backup did not come to its end, and has records up to \(manifest.last) only; hint: restore another, or \
                    remove its file "\(BackupManifest.name)", and what is there is taken as a plain copy
                    """)
            }
            return .backup(manifest)
        }
        let names = try source.names()
        if names.contains(JournalCopyWriter.markName) {
            throw BackupFault.unfinished(
                "this is not all of a journal: copying it was interrupted; hint: restore another copy")
        }
        guard names.contains(where: { SegmentName.firstSeq(of: $0) != nil }) else { throw BackupFault.nothingThere }
        return .files(names.filter { !JournalFiles.ofDirectory.contains($0) && !$0.hasSuffix(".new") })
    }

    /// Refuses a directory with something in it, unless that is a journal and is to be kept aside. Whether nothing is in it.
    @discardableResult
    private static func check(_ disk: any Disk, replaces: Bool) throws -> Bool {
        let names = Set(try disk.names()).subtracting([JournalLock.name, "lost+found"])
        if names.isEmpty { return true }
        if try disk.contents(of: JournalCopyWriter.markName) == whole { return false }
        let ofJournal = JournalFiles.ofRecords + [JournalCopyWriter.markName]
        guard names.contains(where: { SegmentName.firstSeq(of: $0) != nil || ofJournal.contains($0) }) else {
            throw BackupFault.occupied("files of something else are there; hint: name another directory")
        }
        guard replaces else {
            throw BackupFault.occupied("a journal is there already; hint: with --replace, it is kept aside")
        }
        return false
    }

    /// Empties the directory beside, and marks it.
    private func prepare(_ disk: any Disk) throws {
        let mark = JournalCopyWriter.markName
        let names = try disk.names().filter { $0 != JournalLock.name && $0 != "\(mark).new" }
        guard names.isEmpty || names.contains(mark) else { throw BackupFault.inTheWay(new) }
        try disk.replace(mark, with: Self.part)
        try disk.synchronizeDirectory()
        for name in names where name != mark { try disk.unlink(name) }
        // A start on it, however it comes about, finds that it is a copy.
        try disk.replace(Place.name, with: Place.none.encode())
    }

    /// Removes the directory beside, if it is ours.
    private func discard(_ disk: any Disk) throws {
        guard try disk.names().contains(JournalCopyWriter.markName) else { return }
        for name in try disk.names() where name != JournalCopyWriter.markName { try disk.unlink(name) }
        try disk.unlink(JournalCopyWriter.markName)
        FileCalls.remove(new)
    }

    // MARK: Copying

    private mutating func copy(_ content: Content, to disk: any Disk) throws {
        switch content {
        case .backup(let manifest):
            for segment in manifest.segments {
                guard let file = try SegmentCompaction.open(segment, source) else {
                    throw try lie("\(segment.name) is missing", manifest)
                }
                defer { source.close(file) }
                let size = try source.size(file)
                guard size >= segment.size else {
                    throw try lie("\(segment.name) has \(size) bytes, and not \(segment.size)", manifest)
                }
                let checksum = try copy(file, segment.name, size: segment.size, of: manifest.bytes, to: disk)
                guard checksum == segment.checksum else { throw try lie("\(segment.name) has other bytes", manifest) }
            }
            try manifest.writeFiles(to: disk)
        case .files(let names):
            let files = try names.compactMap { name in try regular(name).map { (name, $0) } }
            let all = files.reduce(0) { $0 + $1.1 }
            for (name, size) in files {
                let file = try source.open(name, .read)
                defer { source.close(file) }
                _ = try copy(file, name, size: size, of: all, to: disk)
            }
        }
        try disk.synchronizeDirectory()
    }

    private mutating func copy(
        _ file: DiskFile, _ name: String, size: Int64, of all: Int64, to disk: any Disk
    ) throws -> UInt32 {
        var output = try VerifiedFile(disk, name)
        while output.size < size {
            let bytes = try source.read(file, count: Int(min(1 << 20, size - output.size)), at: output.size)
            if bytes.isEmpty { break }
            try output.append(bytes)
            report.bytes += Int64(bytes.count)
            progress(report.bytes, all)
        }
        try output.finish()
        return output.checksum
    }

    /// How long a file is; nil for what is none.
    private func regular(_ name: String) throws(SystemError) -> Int64? {
        let file = try source.open(name, .read)
        defer { source.close(file) }
        do throws(SystemError) { _ = try source.read(file, count: 1, at: 0) } catch {
            if error.errno == EISDIR || error.errno == ESPIPE { return nil }
            throw error
        }
        return try source.size(file)
    }

    /// The backup is not what it says, unless it says something else by now.
    private func lie(_ what: String, _ manifest: BackupManifest) throws(SystemError) -> BackupFault {
        try source.contents(of: BackupManifest.name) == manifest.encode() ? .lies(what) : .changed
    }

    /// What was put in place.
    private mutating func tell(_ content: Content, _ disk: any Disk) throws {
        guard case .backup(let manifest) = content, let last = manifest.segments.last else { return }
        report.manifest = manifest
        guard let file = try disk.openUnlessPruned(last.first) else { return }
        defer { disk.close(file) }
        var reader = SegmentReader(disk, file)
        while case .line = try reader.next() {
            report.until = try? Entry(line: reader.line.span).time
        }
    }

    // MARK: Putting it in place

    private func exchange(_ old: Old?, _ disk: any Disk) throws {
        do throws(SystemError) {
            if old == nil {
                try FileCalls.rename(new, toFree: directory)
            } else {
                try FileCalls.exchange(new, directory)
            }
        } catch {
            try? discard(disk)
            throw BackupFault.notExchanged("\(error)")
        }
    }

    /// Gives what was there before the name that it keeps. Another may have been replaced within the same second.
    private func keepAside(_ suffix: String) throws(SystemError) -> String {
        var (aside, number) = ("\(directory).replaced-\(suffix)", 1)
        while try FileCalls.identity(of: aside) != nil {
            number += 1
            aside = "\(directory).replaced-\(suffix)-\(number)"
        }
        try FileCalls.rename(new, toFree: aside)
        return aside
    }

    /// Has what was there before be kept, and has the journal be one.
    private mutating func finish(_ disk: any Disk, suffix: String, emptied: (any Disk)? = nil) throws {
        // What is exchanged is to stay so before the mark goes.
        try FileCalls.synchronizeParent(of: directory)
        if try FileCalls.identity(of: new) != nil {
            if let emptied {
                _ = try? emptied.unlink(JournalLock.name)
                FileCalls.remove(new)
            } else {
                report.replaced = try keepAside(suffix)
            }
            try FileCalls.synchronizeParent(of: directory)
        }
        try disk.unlink(JournalCopyWriter.markName)
        try disk.synchronizeDirectory()
    }
}
