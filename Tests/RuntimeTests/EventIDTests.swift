import Logging
import Testing
import TestSupport

@testable import Runtime

struct EventIDTests {
    @Test func `the manual lists every event with its id`() throws {
        let page = String(decoding: try readFile("\(repository)/deploy/man/ecryptopayd.8"), as: UTF8.self)
        let lines = page.split(separator: "\n").filter {
            $0.hasPrefix(".B ") && $0.utf8.count == 35 && $0.dropFirst(3).allSatisfy(\.isHexDigit)
        }
        #expect(lines == EventID.allCases.map { ".B \($0.rawValue)" })
    }

    @Test func `an id is 32 hex digits, as journald wants it, and stands beside the fields`() {
        for id in EventID.allCases {
            #expect(id.rawValue.utf8.count == 32 && id.rawValue.allSatisfy(\.isHexDigit))
        }
        let id = EventID.refuted
        #expect(id.metadata(["payment": "42"]) == ["payment": "42", "MESSAGE_ID": "\(id.rawValue)"])
    }
}
