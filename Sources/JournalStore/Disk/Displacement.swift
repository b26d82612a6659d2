import Glibc
import JournalFormat
import POSIX

/// Somebody has moved, replaced or removed what a running program writes its journal to: the next start would not find it.
package struct Displacement: Hashable, Sendable {
    /// What happened.
    package let description: String
    /// How it is put back: the end of a sentence, in the imperative.
    package let hint: String

    /// Says so of a part, and saves what has no name any more: the segment that is written, which has `size` bytes in whole records.
    init(_ part: DiskPart, on disk: any Disk, _ file: DiskFile, segment: String, size: Int64, durable: Int64) {
        let directory = String(file.path.dropLast(segment.utf8.count + 1))
        switch (part, disk.place(of: part, file)) {
        case (.lock, _):
            description =
                "the lock \(directory)/\(JournalLock.name) was moved, replaced or removed: another process may write, too"
            hint = "end the other process, if there is one"
        case (.file, let place?):
            description = "the segment \(file.path) was moved to \(place) while it was written to"
            hint = Self.putBack(place, to: file.path)
        case (.file, nil):
            description = "the segment \(file.path) was replaced or removed while it was written to"
            do throws(SystemError) {
                let copy = try TornTail.copy(disk, file, from: 0, size: size, as: "\(segment)\(Self.suffix)")
                hint = "what it held is saved: \(Self.putBack("\(directory)/\(copy)", to: file.path))"
            } catch {
                hint = "restore it from a backup (what it held could not be saved: \(error))"
            }
        case (.directory, let place):
            let rescue = try? disk.makeRescue()
            // The next start looks for it there: what has been acknowledged must be in the journal that it finds.
            _ = try? rescue?.replace(DurableMark.name, with: DurableMark.encode(durable))
            if let place {
                description = "the journal's directory \(directory) was moved to \(place) while it was written to"
                hint = """
                    unless a daemon has started on it since, move away what is in its place, and put it back with \
                    "mv \(place) \(directory)"
                    """
                return
            }
            description = "the journal's directory \(directory) was removed while it was written to"
            do throws(SystemError) {
                guard let rescue else {
                    throw SystemError(call: "mkdir", errno: EIO, subject: Self.rescue(of: directory))
                }
                try rescue.replace(segment) { copy throws(SystemError) in
                    try disk.copy(0..<size, of: file, to: copy, on: rescue, at: 0)
                }
                try rescue.synchronizeDirectory()
                hint = """
                    restore it from a backup and put its newest segment, which is saved in \(Self.rescue(of: directory)), into it; \
                    if that was the only one, "mv \(Self.rescue(of: directory)) \(directory)" is enough
                    """
            } catch {
                hint = "restore it from a backup (what its newest segment held could not be saved: \(error))"
            }
        }
    }

    /// What to do, before the journal in a directory can be opened, about a segment that was saved there; nil when none was.
    package static func hint(in directory: String) -> String? {
        let names = (try? FileCalls.names(in: directory)) ?? []
        let segmentLength = SegmentName.name(firstSeq: 1).utf8.count
        guard let saved = names.last(where: { $0.dropFirst(segmentLength).hasPrefix(suffix) }) else { return nil }
        return """
            \(saved) was saved when that segment was replaced or removed under a running daemon: put it back with \
            "mv \(directory)/\(saved) \(directory)/\(saved.prefix(segmentLength))"
            """
    }

    private static let suffix = ".rescued"

    /// Where what a directory held is saved when it is removed.
    package static func rescue(of directory: String) -> String { "\(directory)\(suffix)" }

    /// A start that was not refused has lost nothing, and gone on: then it is too late.
    private static func putBack(_ place: String, to path: String) -> String {
        "unless a daemon has started on it since, put it back with \"mv \(place) \(path)\""
    }
}

extension Displacement {
    /// Throws when a directory was moved or removed under a running program, and what is in its place has not all that had been
    /// acknowledged; forgets it when it has.
    package static func refuseLoss(in directory: String) throws(JournalFault) {
        let rescue = rescue(of: directory)
        guard let saved = try? DirectoryDisk(path: rescue) else { return }
        let claimed = (try? DurableMark.read(from: saved)) ?? 0
        // The mark beside the segments is held against them later.
        let there = (try? DurableMark.read(from: DirectoryDisk(path: directory))) ?? 0
        if there < claimed { throw .displaced(directory: directory, claimed: claimed) }
        _ = try? saved.unlink(DurableMark.name)
        // Unless the segment is in it.
        FileCalls.removeDirectory(rescue)
    }
}
