import SharedLedger
import Testing

struct DatabaseFaultTests {
    @Test func `a fault's description is its message`() {
        let fault = DatabaseFault(kind: .full, message: "could not extend file (53100)")
        #expect("\(fault)" == "could not extend file (53100)")
    }
}
