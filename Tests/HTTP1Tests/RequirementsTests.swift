import HTTP1
import Testing

struct RequirementsTests {
    @Test(arguments: Requirement.table)
    func `what the RFCs require of a server`(_ requirement: Requirement) {
        let outcome = transcript(requirement.input)
        #expect(outcome.statuses == requirement.statuses)
        #expect((outcome.events.last == .open) == requirement.stays)
        #expect(outcome.output.contains("Connection: close\r\n") == !requirement.stays)
    }

    @Test func `every answer has a date, errors too`() {
        for requirement in Requirement.table {
            let outcome = transcript(requirement.input)
            let dates = outcome.output.split(separator: "\r\nDate: now\r\n", omittingEmptySubsequences: false).count - 1
            #expect(dates == outcome.statuses.count, "\(requirement.section)")
        }
    }
}
