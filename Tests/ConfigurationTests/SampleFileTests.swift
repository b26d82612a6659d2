import Configuration
import TestSupport
import Testing

/// The env file that is shipped, beside the table of keys.
struct SampleFileTests {
    private let lines: [String]

    init() throws {
        let bytes = try readFile("\(repository)/deploy/ecryptopayd.env")
        lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(arguments: SettingKey.all.map(\.name))
    func `every key stands in the shipped env file with its default`(name: String) throws {
        let key = try #require(SettingKey.all.first { $0.name == name })
        let line = key.isAccount ? "\(name)=" : "#\(name)=\(key.defaultText ?? "")"
        #expect(lines.contains(line), "deploy/ecryptopayd.env lacks the line \(line)")
    }

    @Test func `no other key stands in the shipped env file`() {
        let names = lines.compactMap { line -> String? in
            let bare = line.hasPrefix("#") ? line.dropFirst() : line[...]
            guard bare.hasPrefix(SettingKey.prefix), let equals = bare.firstIndex(of: "=") else { return nil }
            return String(bare[..<equals])
        }
        #expect(names == SettingKey.all.map(\.name))
    }
}
