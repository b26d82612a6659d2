import JSON

/// Where a journal's directory is, and the content of the file `place` in it that says so: a directory that holds the place of another is a
/// copy of that one.
///
/// The file's one line is a JSON object: `crc`, the CRC-32C of what stands between the comma behind it and the newline; `machine`, the
/// CRC-32C of the machine's id, whose own digits are not to be given away; `device`, `inode` and `born` (nanoseconds since 1970) of the file
/// `lock`. What nobody can tell is `null`.
package struct Place: Hashable, Sendable {
    /// The file's name.
    package static let name = "place"

    package var machine: UInt32?
    package var device: Int64
    package var inode: Int64
    package var born: Int64?

    package init(machine: UInt32?, device: Int64, inode: Int64, born: Int64?) {
        self.machine = machine
        self.device = device
        self.inode = inode
        self.born = born
    }

    /// The place of no directory: whoever finds it in his own has a copy.
    package static let none = Place(machine: nil, device: 0, inode: 0, born: nil)

    /// Whether both are the same directory. A file system may get another device number each time it is mounted: where both files tell
    /// when they were created, to the nanosecond, that counts instead.
    package func isSame(as other: Place) -> Bool {
        if let machine, let theirs = other.machine, machine != theirs { return false }
        guard inode == other.inode else { return false }
        if let born, let theirs = other.born { return born == theirs }
        return device == other.device
    }

    // MARK: The file

    /// The file's content.
    package func encode() -> [UInt8] {
        let text = """
            "machine":\(machine.map { "\"\(CRC32C.text(of: $0))\"" } ?? "null"),"device":\(device),"inode":\(inode),\
            "born":\(born.map { "\($0)" } ?? "null")}
            """
        return Array("{\"crc\":\"\(CRC32C.text(of: CRC32C.checksum(Array(text.utf8).span)))\",\(text)\n".utf8)
    }

    /// The place; nil when the content is not whole.
    package static func decode(_ bytes: [UInt8]) -> Place? {
        guard let value = try? JSONValue(parsing: bytes) else { return nil }
        let place = Place(
            machine: value["machine"]?.string.flatMap { UInt32($0, radix: 16) },
            device: value["device"]?.integer ?? 0, inode: value["inode"]?.integer ?? 0,
            born: value["born"]?.integer)
        return bytes.isText(place.encode()) ? place : nil
    }
}
