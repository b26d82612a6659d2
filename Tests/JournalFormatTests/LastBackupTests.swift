import Testing

@testable import JournalFormat

struct LastBackupTests {
    private let backup = LastBackup(seq: 42, time: 1_790_000_000_000_000_000, directory: "/mnt/a \"b\"\n")

    @Test func `the file has the text that people read`() {
        let text = #"00000000000000000042 01790000000000000000 "/mnt/a \"b\"\n""#
        #expect(
            String(decoding: backup.encode(), as: UTF8.self)
                == "\(text) \(CRC32C.text(of: CRC32C.checksum(Array(text.utf8).span)))\n")
        #expect(LastBackup.decode(backup.encode()) == backup)
        #expect(LastBackup.decode(backup.encode().dropLast()) == backup)
    }

    @Test func `a changed file says nothing`() {
        let bytes = backup.encode()
        for length in 0..<bytes.count - 1 {
            #expect(LastBackup.decode(Array(bytes[..<length])) == nil, "\(length) bytes")
        }
        for index in bytes.indices.dropLast() {
            var damaged = bytes
            damaged[index] ^= 1
            #expect(LastBackup.decode(damaged) == nil, "byte \(index)")
        }
    }
}
