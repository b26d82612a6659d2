import Glibc
import HTTP1Properties
import Testing

/// The fuzzer's seeds, and the vectors as the fuzzer would run them, replayed.
struct SeedTests {
    /// The lines of `Tests/Fuzz/seeds`.
    private let lines: [String]

    init() throws {
        let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let file = try #require(fopen("/\(folder)/Fuzz/seeds", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 262_144)
        let count = fread(&bytes, 1, bytes.count, file)
        try #require(count < bytes.count)
        lines = bytes[..<count].split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Undoes what `Tests/Fuzz/run` does to a file: `\\`, `\t`, `\n`, `\r`, and `\0` with three octal digits.
    private func unescaped(_ line: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(line.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            let escape = rest.popFirst()
            switch escape {
            case UInt8(ascii: "\\"): bytes.append(byte)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "0"):
                bytes.append(try #require(UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)))
                rest = rest.dropFirst(3)
            default: Issue.record("an escape that nobody writes: \(line)")
            }
        }
        return bytes
    }

    @Test func `every seed holds the properties, cut anywhere`() throws {
        #expect(lines.count > 100)
        for line in lines {
            let input = try #require(FuzzInput(try unescaped(line)))
            let violation = Properties.violation(input, cutEverywhere: true)
            #expect(violation == nil, "\(line)")
        }
    }

    @Test(arguments: Vector.all)
    func `every vector holds the properties, however the connection is run`(_ vector: Vector) throws {
        // Long vectors are long because of the ordinary limits, which the modes of odd numbers do not have.
        let modes: [UInt8] = vector.input.utf8.count < 1000 ? [0, 1, 2, 5, 8, 17, 24, 31] : [0]
        for mode in modes {
            let input = try #require(FuzzInput([mode, 0x26] + Array(vector.input.utf8)))
            #expect(Properties.violation(input) == nil, "mode \(mode)")
        }
    }
}
