import Configuration
import Glibc
import TestSupport
import Testing

/// A file and what it assigns. The results were checked against systemd 252's own reader, and are again where it is there.
struct EnvironmentFileVector: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let text: String
    let expected: [String]
    /// Whether systemd's environment generator, which refuses empty values, can read it too.
    var isForGenerator = true

    static let all: [EnvironmentFileVector] = [
        .init(testDescription: "a plain value", text: "A=b\n", expected: ["A=b"]),
        .init(testDescription: "no newline at the end", text: "A=b", expected: ["A=b"]),
        .init(testDescription: "nothing", text: "", expected: []),
        .init(testDescription: "blank lines", text: "\n \n\t\nA=b\n\n", expected: ["A=b"]),
        .init(testDescription: "comments at line starts", text: "# x\n ;y\n\t#z=1\nA=b\n", expected: ["A=b"]),
        .init(testDescription: "comment signs inside a value", text: "A=a#b #c ;d\n", expected: ["A=a#b #c ;d"]),
        .init(testDescription: "a comment sign after a quote", text: "A=\"b\" # c\n", expected: ["A=b# c"]),
        .init(testDescription: "white space around", text: "  A  =   b c  \t\n", expected: ["A=b c"]),
        .init(testDescription: "white space kept in quotes", text: "A=\"  b \" \n", expected: ["A=  b "]),
        .init(testDescription: "an equals sign in the value", text: "A=b=c==\n", expected: ["A=b=c=="]),
        .init(testDescription: "an empty value", text: "A=\nB=c\n", expected: ["A=", "B=c"], isForGenerator: false),
        .init(
            testDescription: "an empty quoted value", text: "A=\"\"\nB=''\n", expected: ["A=", "B="],
            isForGenerator: false),
        .init(testDescription: "quoted, then bare", text: "A=\"b\" c\n", expected: ["A=bc"]),
        .init(testDescription: "bare, then quotes", text: "A=b \"c\" 'd'\n", expected: ["A=b \"c\" 'd'"]),
        .init(testDescription: "quoted pieces apart", text: "A=\"b\"  'c'\n", expected: ["A=bc"]),
        .init(testDescription: "quoted pieces touching", text: "A=\"b\"'c'd\n", expected: ["A=bcd"]),
        .init(testDescription: "escapes in a bare value", text: "A=a\\nb\\ \\\\c\\\"\n", expected: ["A=anb \\c\""]),
        .init(testDescription: "an escaped space at the end", text: "A=a\\  \n", expected: ["A=a "]),
        .init(testDescription: "an escaped quote at the start", text: "A=\\\"b\"\n", expected: ["A=\"b\""]),
        .init(
            testDescription: "escapes in double quotes", text: "A=\"a\\\"b\\\\c\\n\\`\\x\"\n",
            expected: ["A=a\"b\\c\\n`\\x"]),
        .init(testDescription: "no escapes in single quotes", text: "A='a\\b\"\\'\n", expected: ["A=a\\b\"\\"]),
        .init(testDescription: "a line continued", text: "A=a\\\nb\n", expected: ["A=ab"]),
        .init(testDescription: "a line continued with indentation", text: "A=a  \\\n  b  \n", expected: ["A=a    b"]),
        .init(testDescription: "a line continued before the value", text: "A=\\\n  b\n", expected: ["A=  b"]),
        .init(testDescription: "a line continued in double quotes", text: "A=\"a\\\n b\"\n", expected: ["A=a b"]),
        .init(testDescription: "no continuation in single quotes", text: "A='a\\\nb'\n", expected: ["A=a\\\nb"]),
        .init(testDescription: "a newline in quotes", text: "A=\"a\nb\"\nC=d\n", expected: ["A=a\nb", "C=d"]),
        .init(testDescription: "a backslash as the last byte", text: "A=b\\", expected: ["A=b"]),
        .init(
            testDescription: "white space before a backslash as the last byte", text: "A=b \\", expected: ["A=b "]),
        .init(testDescription: "Windows line ends", text: "A=b\r\n# c\r\nC=d\r\n", expected: ["A=b", "C=d"]),
        .init(testDescription: "a lone carriage return", text: "A=b\rC=d\n", expected: ["A=b", "C=d"]),
        .init(testDescription: "a tab inside", text: "A=a\tb\n", expected: ["A=a\tb"]),
        .init(testDescription: "percent signs are themselves", text: "A=%h%%\n", expected: ["A=%h%%"]),
        .init(testDescription: "UTF-8", text: "A=año €\n", expected: ["A=año €"]),
        .init(
            testDescription: "an even number of backslashes ends a comment", text: "# x\\\\\nA=b\n", expected: ["A=b"]),
    ]
}

@Suite struct EnvironmentFileTests {
    @Test("a file is read as systemd reads an EnvironmentFile", arguments: EnvironmentFileVector.all)
    func reads(_ vector: EnvironmentFileVector) throws {
        let file = try EnvironmentFile(parsing: Array(vector.text.utf8), named: "x.env")
        #expect(file.assignments.map { "\($0.name)=\($0.value)" } == vector.expected)
    }

    @Test func `a dollar sign is taken literally`() throws {
        let file = try EnvironmentFile(parsing: Array("A=$B${C}\nD=\"\\$E\"\n".utf8), named: "x.env")
        #expect(file.assignments.map(\.value) == ["$B${C}", "$E"])
    }

    @Test func `of a name assigned twice the later value counts`() throws {
        let file = try EnvironmentFile(parsing: Array("A=1\nB=2\nA=3\n".utf8), named: "x.env")
        #expect(file.assignment(of: "A")?.value == "3")
        #expect(file.assignment(of: "A")?.line == 3)
        #expect(file.assignment(of: "C") == nil)
    }

    @Test func `variables of other programs are kept apart`() throws {
        let file = try EnvironmentFile(parsing: Array("https_proxy=x\nECRYPTOPAY_EMAIL=y\n".utf8), named: "x.env")
        #expect(file.others.map(\.name) == ["https_proxy"])
    }

    @Test("the number of a faulty line is right whatever ends lines", arguments: ["\n", "\r\n", "\r"])
    func countsLines(end: String) throws {
        let lines = ["# one", "", "A=x", "B='y'", "; five", "C=1"]
        let file = try EnvironmentFile(parsing: Array(lines.joined(separator: end).utf8), named: "x.env")
        #expect(file.assignments.map(\.line) == [3, 4, 6])
    }

    @Test func `the number of a faulty line is right behind quotes and continuations`() throws {
        let file = try EnvironmentFile(parsing: Array("A='x\ny'\nB=x\\\ny\nC=z".utf8), named: "x.env")
        #expect(file.assignments.map(\.line) == [1, 3, 5])
    }

    struct Fault: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        let lines: [Int]
        let says: String

        init(_ description: String, _ text: String, line: Int, says: String) {
            self.init(description, Array(text.utf8), lines: [line], says: says)
        }

        init(_ description: String, _ bytes: [UInt8], lines: [Int], says: String) {
            testDescription = description
            self.bytes = bytes
            self.lines = lines
            self.says = says
        }
    }

    @Test(
        "a faulty line is an error with its number",
        arguments: [
            Fault("no equals sign", "A=b\nhunter2\nC=d\n", line: 2, says: "no equals sign"),
            Fault("no equals sign at the end", "A=b\nhunter2", line: 2, says: "no equals sign"),
            Fault("no name", "=hunter2\n", line: 1, says: "no name"),
            Fault("export", "\nexport A=hunter2\n", line: 2, says: "export"),
            Fault("a hyphen in the name", "hunter2-A=b\n", line: 1, says: "other characters"),
            Fault("a digit first", "1hunter2=b\n", line: 1, says: "begins with a digit"),
            Fault("a space in the name", "hunter2 A=b\n", line: 1, says: "other characters"),
            Fault("a byte order mark", "\u{feff}A=hunter2\n", line: 1, says: "byte order mark"),
            Fault("an open double quote", "A=b\nC=\"hunter2\nD=e\n", line: 2, says: "never closed"),
            Fault("an open single quote", "A='b' 'hunter2\n\n", line: 1, says: "never closed"),
            Fault("an escaped closing quote", "A=\"hunter2\\\"\n", line: 1, says: "never closed"),
            Fault("a comment continued", "# hunter2\\\nA=b\n", line: 1, says: "comment ends with a backslash"),
            Fault("a backslash before CR LF", "A=hunter2\\\r\nB\r\n", line: 1, says: "carriage return"),
            Fault("a backslash before CR LF in quotes", "A=\"hunter2\\\r\nB\"\r\n", line: 1, says: "carriage return"),
            Fault("a control character", "A=hunter2\u{1}\n", line: 1, says: "control character"),
            Fault("a zero byte", "A=hunter2\u{0}\n", line: 1, says: "control character"),
            Fault("not UTF-8", Array("A=hunter2".utf8) + [0xff, 0x0a], lines: [1], says: "not UTF-8"),
        ])
    func refuses(_ fault: Fault) throws {
        let error = try #require(throws: ConfigurationFaults.self) {
            try EnvironmentFile(parsing: fault.bytes, named: "x.env")
        }
        #expect(error.faults.first?.problem.contains(fault.says) == true, "\(error)")
        #expect(error.faults.first.map(\.place) == "x.env line \(fault.lines[0])")
        // What a line says could be a secret.
        #expect(!error.description.contains("hunter2"))
    }

    @Test func `all faulty lines are reported together`() throws {
        let error = try #require(throws: ConfigurationFaults.self) {
            try EnvironmentFile(parsing: Array("A\nB=c\n-=d\nexport E=f\n".utf8), named: "x.env")
        }
        #expect(error.faults.map(\.place) == ["x.env line 1", "x.env line 3", "x.env line 4"])
    }
}

/// systemd's reader of `environment.d`, which shares its parser with `EnvironmentFile=`.
private let generator = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator"

@Suite(.enabled(if: access(generator, X_OK) == 0, "systemd's environment generator is not installed"))
struct EnvironmentFileBesideSystemdTests {
    @Test("systemd itself reads each example the same", arguments: EnvironmentFileVector.all.filter(\.isForGenerator))
    func agrees(_ vector: EnvironmentFileVector) async throws {
        let directory = try TemporaryDirectory()
        try directory.makeDirectory("environment.d")
        let file = try EnvironmentFile(parsing: Array(vector.text.utf8), named: "x.env")
        try directory.write(vector.text, to: "environment.d/x.conf")
        let result = try await ChildProcess.run(
            generator, environment: ["HOME": directory.path, "XDG_CONFIG_HOME": directory.path])
        #expect(result.exit == .code(0), "\(result.errors)")
        // The machine's own files are read too, so only this one's names count.
        let names = Set(file.assignments.map(\.name))
        let read = result.output.split(separator: "\n").map(unquoted).filter { line in
            names.contains(where: { line.hasPrefix("\($0)=") })
        }
        #expect(read.sorted() == vector.expected.sorted())
    }

    /// Undoes the quoting of the generator's output: `NAME=plain` or `NAME="…"` with backslash escapes.
    private func unquoted(_ line: Substring) -> String {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].hasPrefix("\""), parts[1].count > 1 else { return String(line) }
        var value = ""
        var isEscaped = false
        for character in parts[1].dropFirst().dropLast() {
            if isEscaped {
                value.append(["n": "\n", "t": "\t", "r": "\r"][character] ?? character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                value.append(character)
            }
        }
        return "\(parts[0])=\(value)"
    }
}
