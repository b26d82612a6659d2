import ECryptoPay
import Payments
import Sandbox
import Synchronization
import TestSupport
import Testing

/// The article "Take a payment and know that it was paid": its code is compiled here, and does what it says.
///
/// Its loop is made to go on for ever: one that misses the end must not hold up everyone else.
@Suite(.timeLimit(.minutes(5)))
struct CheckoutTests {
    private static let folder = #filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex)
    private static let catalogue = "\(folder)/../../Sources/ECryptoPay/ECryptoPay.docc"

    private static func unindented(_ code: some StringProtocol) -> String {
        let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { $0.drop { $0 == " " } }.joined(separator: "\n")
    }

    private static func text(_ path: String) throws -> String { String(decoding: try readFile(path), as: UTF8.self) }

    @Test(arguments: ["TakeAPayment.md", "ECryptoPay.md"])
    func `the code of the documentation is this code`(page: String) throws {
        let code = Self.unindented(try Self.text("\(Self.folder)/Checkout.swift"))
        let parts = try Self.text("\(Self.catalogue)/\(page)").split(separator: "```swift\n").dropFirst()
        #expect(!parts.isEmpty)
        for part in parts {
            let block = Self.unindented(try #require(part.split(separator: "\n```").first))
            #expect(code.contains(block), "\(page) has code that is not in Checkout.swift:\n\(block)")
        }
    }

    @Test func `a payment is opened, shown, ridden through an outage, and known to be paid`() async throws {
        try await SandboxFixture.run { sandbox in
            let client = try #require(makeClient(environment: sandbox.environment))
            let price = try #require(Amount("150.00"))
            let kept = Mutex<[PaymentID]>([])
            let created = try await openPayment(price, with: client) { id in kept.withLock { $0.append(id) } }
            #expect(kept.withLock { $0 } == [created.id])
            let shown = Mutex<[Amount?]>([])
            let paid = Task { [sandbox] in
                try await waitUntilPaid(
                    created.id, price: price, paidState: "paid", with: client, every: .milliseconds(1)
                ) { payment in
                    shown.withLock { $0.append(payment.currencyAmount) }
                    // The outage begins with the buyer's first look, and the payment is made meanwhile.
                    sandbox.sandbox.faults = .outage
                }
            }
            try await eventually("some calls fail") { sandbox.sandbox.counts["GET /payments/ID"] ?? 0 > 3 }
            sandbox.sandbox.setState("paid", of: created.id)
            sandbox.sandbox.faults = SandboxFaults()
            #expect(try await paid.value.state == "paid")
            #expect(shown.withLock { $0.count } == 1)
        }
    }

    @Test func `another amount and a missing payment are thrown, not waited for`() async throws {
        try await SandboxFixture.run { sandbox in
            let client = try #require(makeClient(environment: sandbox.environment))
            let price = try #require(Amount("150.00"))
            let id = sandbox.sandbox.createPayment(amount: try #require(Amount("1.00")))
            sandbox.sandbox.setState("paid", of: id)
            await #expect(throws: AnotherAmount.self) {
                try await waitUntilPaid(id, price: price, paidState: "paid", with: client) { _ in }
            }
            let error = await #expect(throws: APIError.self) {
                try await waitUntilPaid(99, price: price, paidState: "paid", with: client) { _ in }
            }
            #expect(error?.kind == .status(404))
        }
    }

    @Test func `without an account there is no client`() {
        #expect(makeClient(environment: [:]) == nil)
    }
}

extension SandboxFixture {
    fileprivate var environment: [String: String] {
        [
            "ECRYPTOPAY_CLIENT_ID": Self.credentials.clientID,
            "ECRYPTOPAY_CLIENT_SECRET": Self.credentials.clientSecret, "ECRYPTOPAY_EMAIL": Self.credentials.email,
            "ECRYPTOPAY_PASSWORD": Self.credentials.password, "ECRYPTOPAY_API_URL": sandbox.apiURL,
        ]
    }
}

extension SandboxFaults {
    fileprivate static var outage: SandboxFaults {
        var faults = SandboxFaults()
        faults.errorRate = 1
        return faults
    }
}
