import Glibc
package import JournalFormat
package import POSIX

/// All that the journal asks of a file system: one directory and the files in it. The seam at which a test can put a disk
/// that fails, forgets and lies.
package protocol Disk: Sendable {
    /// The names of the files that are there.
    func names() throws(SystemError) -> [String]
    /// Opens a file for reading and writing.
    func open(_ name: String, _ mode: DiskOpenMode) throws(SystemError) -> DiskFile
    /// Gives a file back.
    func close(_ file: DiskFile)
    /// A file's length in bytes.
    func size(_ file: DiskFile) throws(SystemError) -> Int64
    /// Up to `count` bytes from an offset; fewer at the end.
    func read(_ file: DiskFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8]
    /// The same of a piece that nobody else will want: it does not stay in memory.
    func readOnce(_ file: DiskFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8]
    /// Writes at an offset; returns how many bytes it took, perhaps fewer than given.
    func write(_ file: DiskFile, _ bytes: ArraySlice<UInt8>, at offset: Int64) throws(SystemError) -> Int
    /// `fdatasync`: what was written to the file is on the disk.
    func synchronize(_ file: DiskFile) throws(SystemError)
    /// `fsync` of the directory: which files there are is on the disk.
    func synchronizeDirectory() throws(SystemError)
    /// Cuts a file.
    func truncate(_ file: DiskFile, to length: Int64) throws(SystemError)
    /// Gives a file another name, replacing what had it.
    func rename(_ old: String, to new: String) throws(SystemError)
    /// Removes a file.
    func unlink(_ name: String) throws(SystemError)
    /// What may still be written, in bytes.
    func freeBytes() throws(SystemError) -> Int64
    /// What is not any more what its path says: of the directory, its lock and this open file. None when all is in its place, or nobody
    /// can tell. Cheap.
    func misplaced(_ file: DiskFile) -> Set<DiskPart>
    /// Where a part is now.
    func place(of part: DiskPart, _ file: DiskFile) -> FilePlace
    /// Makes a directory beside this one, with the same name and `.rescued` behind it.
    func makeRescue() throws(SystemError) -> any Disk
    /// Which directory this is; nil where nobody can tell.
    var place: Place? { get }
    /// Runs something short during which nobody can take the directory's lock; nil when somebody has it, or nobody can tell.
    func whileNobodyWrites<Value>(_ body: () throws(SystemError) -> Value) throws(SystemError) -> Value?
    /// Leaves a witness beside the directory, and gives its lock a new time: whoever copies older files over these leaves the one as it is,
    /// and by the other's time (rsync) may put another file in its place. Not synced, and a failure is no matter.
    func note(_ witness: Witness)
    /// The witness beside the directory; nil when there is none.
    var witness: Witness? { get }
    /// Gives who may be writing to it a fortieth of a second.
    func letOthersWrite()
    /// Part of a file is written to the disk now, and not synced by that.
    func writeOut(_ file: DiskFile, _ range: Range<Int64>)
    /// Part of a file need not stay in memory: what is synced is read from the disk then.
    func forget(_ file: DiskFile, _ range: Range<Int64>)
}

/// What somebody may move, replace or remove under a running program.
package enum DiskPart: Sendable {
    case directory, lock, file
}

/// An open file of a ``Disk``.
package struct DiskFile: Hashable, Sendable {
    /// The disk's own number for it; a file descriptor on a real one.
    package let number: Int32
    /// Where it is, for errors: no call on a descriptor names the file by itself.
    package let path: String

    package init(number: Int32, path: String = "") {
        self.number = number
        self.path = path
    }
}

/// How a file is opened.
package enum DiskOpenMode: Sendable {
    /// It must be there; for reading only.
    case read
    /// It must be there.
    case write
    /// It must not be there.
    case create
    /// It is there afterwards.
    case createIfMissing
}

extension Disk {
    package func readOnce(_ file: DiskFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        try read(file, count: count, at: offset)
    }

    // On a disk that has no paths, nothing can be moved.
    package func misplaced(_ file: DiskFile) -> Set<DiskPart> { [] }
    package func place(of part: DiskPart, _ file: DiskFile) -> FilePlace { .gone }
    package var place: Place? { nil }
    package func note(_ witness: Witness) {}
    package var witness: Witness? { nil }

    package func whileNobodyWrites<Value>(
        _ body: () throws(SystemError) -> Value
    ) throws(SystemError) -> Value? { nil }

    /// Whether this is a copy of a journal that no daemon has been started on. One of before there was such a file is its own. One whose
    /// file is damaged might be anybody's.
    package func isCopy() throws(SystemError) -> Bool {
        guard let place, let found = try contents(of: Place.name, atMost: 1000) else { return false }
        return Place.decode(found)?.isSame(as: place) != true
    }
    package func makeRescue() throws(SystemError) -> any Disk { throw SystemError(call: "mkdir", errno: ENOTSUP) }

    package func letOthersWrite() { usleep(25_000) }

    package func writeOut(_ file: DiskFile, _ range: Range<Int64>) {}
    package func forget(_ file: DiskFile, _ range: Range<Int64>) {}

    /// Opens a segment for reading; nil when it is gone. A daemon that prunes may drop it between being listed and opened.
    func openUnlessPruned(_ firstSeq: Int64) throws(SystemError) -> DiskFile? {
        do { return try open(SegmentName.name(firstSeq: firstSeq), .read) } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }

    /// What a small file holds, up to so many bytes if that is told; nil when it is not there.
    func contents(of name: String, atMost count: Int? = nil) throws(SystemError) -> [UInt8]? {
        guard try names().contains(name) else { return nil }
        let file = try open(name, .read)
        defer { close(file) }
        if let count { return try read(file, count: count, at: 0) }
        return try read(file, count: Int(try size(file)), at: 0)
    }

    /// Writes all of it, however many calls that takes.
    func writeAll(_ file: DiskFile, _ bytes: ArraySlice<UInt8>, at offset: Int64) throws(SystemError) {
        var rest = bytes
        var position = offset
        while !rest.isEmpty {
            let count = try write(file, rest, at: position)
            // A write that takes nothing and reports nothing would loop for ever.
            guard count > 0 else { throw SystemError(call: "pwrite", errno: 5, subject: file.path) }
            rest = rest.dropFirst(count)
            position += Int64(count)
        }
    }

    /// Copies a part of a file to a place in another, which may be another disk's.
    func copy(
        _ range: Range<Int64>, of source: DiskFile, to file: DiskFile, on disk: (any Disk)? = nil, at start: Int64
    ) throws(SystemError) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let bytes = try read(source, count: Int(min(1 << 20, range.upperBound - offset)), at: offset)
            guard !bytes.isEmpty else { throw SystemError(call: "pread", errno: EIO) }
            try (disk ?? self).writeAll(file, bytes[...], at: offset - range.lowerBound + start)
            offset += Int64(bytes.count)
        }
    }

    /// Puts a file in the place of the one that has the name: at every moment one of the two is there and whole. For certain
    /// when the directory has been synced.
    func replace(_ name: String, with bytes: [UInt8]) throws(SystemError) {
        try replace(name) { file throws(SystemError) in try writeAll(file, bytes[...], at: 0) }
    }

    /// The same with the beginning of the file that is there, in case it is not on the disk as it is read.
    func renew(_ name: String, _ file: DiskFile, size: Int64) throws(SystemError) {
        try replace(name) { fresh throws(SystemError) in try copy(0..<size, of: file, to: fresh, at: 0) }
    }

    func replace(_ name: String, writing: (DiskFile) throws(SystemError) -> Void) throws(SystemError) {
        let temporary = "\(name).new"
        // One that is there was left by somebody who was interrupted.
        if try names().contains(temporary) { try unlink(temporary) }
        do throws(SystemError) {
            let file = try open(temporary, .create)
            defer { close(file) }
            try writing(file)
            try synchronize(file)
            try rename(temporary, to: name)
        } catch {
            // On a disk that is full, half a file takes room that reports need.
            _ = try? unlink(temporary)
            throw error
        }
    }
}
