import Configuration
import Testing

struct JournalPlaceTests {
    @Test(arguments: [
        ("", "is empty"), ("postgresql://shop:s3cr3t@db/ledger", "the password in the file that PGPASSFILE names"),
        ("https://shop:s3cr3t@db/ledger", "is a URL, and not one of PostgreSQL's"),
    ])
    func `a word of a command line that names no place is refused with the mend, and no password is shown`(
        text: String, fault: String
    ) {
        let error = #expect(throws: JournalPlace.ArgumentFault.self) { try JournalPlace(argument: text) }
        #expect(error?.description.contains(fault) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("s3cr3t") == false)
    }

    @Test func `a path is a directory, and a URL of PostgreSQL's a database`() throws {
        #expect(try JournalPlace(argument: "a b/c") == .directory("a b/c"))
        guard case .database = try JournalPlace(argument: "postgresql://shop@db/ledger") else {
            Issue.record("no database")
            return
        }
    }
}
