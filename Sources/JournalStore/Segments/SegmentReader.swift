import Glibc
import JournalFormat
import POSIX

/// Reads a segment from an offset to its end in large steps, and shows its lines one by one.
struct SegmentReader {
    /// What was found at an offset.
    enum Piece {
        /// A line, without its newline, in ``line``.
        case line(offset: Int64, length: Int)
        /// No newline from here to the end of the file.
        case rest(offset: Int64)
        /// No newline within a line's longest length.
        case tooLong(offset: Int64)
        /// Nothing is left.
        case end
    }

    private let disk: any Disk
    private let file: DiskFile
    private let step: Int
    /// Whether a last line that is good but for its newline is a line.
    private let completes: Bool
    private var buffer: [UInt8] = []
    /// Where the unread part of the buffer begins, and how far it was searched for a newline.
    private var start = 0
    private var searched = 0
    /// The file offset of the buffer's first byte.
    private var base: Int64
    private var atEnd = false
    private var current = 0..<0
    /// The usual step is too small to be mapped anew each time (mallopt(3), M_MMAP_THRESHOLD): the kernel would have to clear
    /// every page of the file's length.
    init(_ disk: any Disk, _ file: DiskFile, from offset: Int64 = 0, step: Int = 64 << 10, completes: Bool = false) {
        self.completes = completes
        self.disk = disk
        self.file = file
        self.step = step
        base = offset
    }

    /// The file offset of the next piece.
    var offset: Int64 { base + Int64(start) }

    /// The file offset behind all that has been read.
    var end: Int64 { base + Int64(buffer.count) }

    /// What stands behind the last newline, at the end of the file.
    var rest: ArraySlice<UInt8> { buffer[start...] }

    /// The bytes of the last line.
    var line: ArraySlice<UInt8> { buffer[current] }

    mutating func next() throws(SystemError) -> Piece {
        while true {
            if let newline = newline() {
                defer { start = newline + 1 }
                current = start..<newline
                searched = newline + 1
                return .line(offset: offset, length: newline - start)
            }
            if buffer.count - start >= RecordCodec.maximumLineLength { return .tooLong(offset: offset) }
            if atEnd {
                if start == buffer.count { return .end }
                guard completes, (try? RecordLine(checking: rest.span)) != nil else { return .rest(offset: offset) }
                defer { start = buffer.count }
                current = start..<buffer.count
                return .line(offset: offset, length: current.count)
            }
            try fill()
        }
    }

    /// Passes over what has no newline within reach, up to the next newline, for a reader that looks for good lines behind.
    mutating func skipToNewline() throws(SystemError) {
        while true {
            if let newline = newline() {
                start = newline + 1
                searched = start
                return
            }
            start = buffer.count
            if atEnd { return }
            try fill()
        }
    }

    private mutating func newline() -> Int? {
        let found: Int? = buffer.withUnsafeBytes { bytes in
            guard searched < bytes.count, let base = bytes.baseAddress,
                let newline = memchr(base + searched, 0x0A, bytes.count - searched)
            else { return nil }
            return UnsafeRawPointer(newline) - base
        }
        searched = found ?? buffer.count
        return found
    }

    private mutating func fill() throws(SystemError) {
        buffer.removeSubrange(..<start)
        base += Int64(start)
        start = 0
        searched = buffer.count
        current = 0..<0
        let chunk = try disk.read(file, count: step, at: base + Int64(buffer.count))
        atEnd = chunk.count < step
        buffer += chunk
    }
}
