import ECryptoPay
import JSON
import Payments
import Sandbox
import TestSupport
import Testing

@Suite struct SandboxWebhookTests {
    /// Runs the body with a sandbox whose webhooks go to a real server.
    private func run(
        status: Int = 200, _ body: (SandboxFixture, WebhookReceiver) async throws -> Void
    ) async throws {
        let receiver = try WebhookReceiver(status: status)
        do {
            try await SandboxFixture.run({ $0.webhookURL = receiver.url }) { try await body($0, receiver) }
        } catch {
            await receiver.stop()
            throw error
        }
        await receiver.stop()
    }

    private func pay(_ sandbox: SandboxFixture, faults: SandboxFaults = SandboxFaults()) throws {
        sandbox.sandbox.faults = faults
        let id = sandbox.sandbox.createPayment(amount: try #require(Amount("150.5")))
        #expect(sandbox.sandbox.setState("paid", of: id))
    }

    /// Waits until nothing is under way any more.
    private func settled(_ sandbox: SandboxFixture, count: Int) async throws -> [SandboxWebhook] {
        try await eventually("\(count) settled webhooks") {
            let webhooks = sandbox.sandbox.webhooks
            return webhooks.count == count && webhooks.allSatisfy { $0.outcome != .underWay }
        }
        return sandbox.sandbox.webhooks
    }

    @Test func `a change of state is told with the documented members, as Ruby sends it`() async throws {
        try await run { sandbox, receiver in
            sandbox.sandbox.createPayment(amount: try #require(Amount("150.5")))
            let answer = try await sandbox.post("/sandbox/payments/1/state", #"{"state":"paid"}"#)
            #expect(answer.status == 200)
            #expect(answer.json?["state"]?.string == "paid")
            #expect(try await settled(sandbox, count: 1).first?.outcome == .answered(200))
            let webhook = try #require(receiver.received.first)
            let json = try JSONValue(parsing: Array(webhook.body.utf8))
            guard case .object(let members) = json else {
                Issue.record("no object: \(webhook.body)")
                return
            }
            let names = ["id", "currency", "amount", "created_at", "updated_at", "state", "currency_amount"]
            #expect(members.map(\.name) == names)
            #expect(json["state"]?.string == "paid" && json["amount"]?.string == "150.5")
            #expect(webhook.fields["Content-Type"] == "application/json")
            #expect(webhook.fields["User-Agent"] == "Ruby")
            #expect(webhook.fields["Accept-Encoding"] == "gzip;q=1.0,deflate;q=0.6,identity;q=0.3")
            #expect(webhook.fields["Content-Length"] == "\(webhook.body.utf8.count)")
            let payment = try await sandbox.client().payment(id: 1)
            #expect(payment.state == "paid")
        }
    }

    @Test func `what was sent and what was answered can be read`() async throws {
        try await run(status: 503) { sandbox, _ in
            try pay(sandbox)
            _ = try await settled(sandbox, count: 1)
            let list = try await sandbox.get("/sandbox/webhooks").json?.array
            #expect(list?.count == 1)
            #expect(list?.first?["status"]?.integer == 503)
            #expect(list?.first?["genuine"]?.bool == true)
            #expect(list?.first?["body"]?["state"]?.string == "paid")
        }
    }

    @Test func `an unreachable receiver is noted with the reason, and the webhook not repeated`() async throws {
        try await SandboxFixture.run({ $0.webhookURL = "http://127.0.0.1:1/" }) { sandbox in
            try pay(sandbox)
            guard case .failed(let reason) = try await settled(sandbox, count: 1).first?.outcome else {
                Issue.record("\(sandbox.sandbox.webhooks)")
                return
            }
            #expect(reason.contains("127.0.0.1"))
        }
    }

    @Test func `without a URL nothing is sent`() async throws {
        try await SandboxFixture.run { sandbox in
            try pay(sandbox)
            #expect(sandbox.sandbox.webhooks.map(\.outcome) == [.lost])
            #expect(try await sandbox.post("/sandbox/webhooks", "{}").status == 409)
        }
    }

    @Test func `a lost webhook is listed and not sent`() async throws {
        try await run { sandbox, receiver in
            var faults = SandboxFaults()
            faults.webhookLostRate = 1
            try pay(sandbox, faults: faults)
            try pay(sandbox)
            #expect(try await settled(sandbox, count: 2).map(\.outcome) == [.lost, .answered(200)])
            #expect(receiver.received.count == 1)
        }
    }

    @Test func `a doubled webhook comes twice alike`() async throws {
        try await run { sandbox, receiver in
            var faults = SandboxFaults()
            faults.webhookDoubledRate = 1
            try pay(sandbox, faults: faults)
            _ = try await settled(sandbox, count: 2)
            #expect(receiver.received.count == 2)
            #expect(receiver.received.first?.body == receiver.received.last?.body)
        }
    }

    @Test func `a forged webhook beside tells of a payment that the API does not know`() async throws {
        try await run { sandbox, receiver in
            var faults = SandboxFaults()
            faults.webhookForgedRate = 1
            try pay(sandbox, faults: faults)
            let forged = try #require(try await settled(sandbox, count: 2).first { !$0.isGenuine })
            let id = try #require(try JSONValue(parsing: forged.body)["id"]?.integer)
            let error = await #expect(throws: APIError.self) { try await sandbox.client().payment(id: id) }
            #expect(error?.kind == .status(404))
            #expect(receiver.received.count == 2)
        }
    }

    @Test func `a webhook out of order comes behind the next one`() async throws {
        try await run { sandbox, receiver in
            var faults = SandboxFaults()
            faults.webhookReorderedRate = 1
            sandbox.sandbox.faults = faults
            let id = sandbox.sandbox.createPayment(amount: try #require(Amount("150.5")))
            for state in ["a", "b", "c", "d"] { sandbox.sandbox.setState(state, of: id) }
            _ = try await settled(sandbox, count: 4)
            let order = try receiver.received.map { try JSONValue(parsing: Array($0.body.utf8))["state"]?.string }
            // Each pair by itself: two pairs do not wait for each other.
            #expect(order.filter { $0 == "a" || $0 == "b" } == ["b", "a"])
            #expect(order.filter { $0 == "c" || $0 == "d" } == ["d", "c"])
        }
    }

    @Test func `what is held back goes out when the fault ends, and is given up at the stop`() async throws {
        let receiver = try WebhookReceiver()
        let sandbox = try SandboxFixture { $0.webhookURL = receiver.url }
        var faults = SandboxFaults()
        faults.webhookReorderedRate = 1
        try pay(sandbox, faults: faults)
        #expect(sandbox.sandbox.webhooks.map(\.outcome) == [.underWay])
        #expect(try await sandbox.post("/sandbox/faults", #"{"webhook_reordered_rate":0}"#).status == 200)
        #expect(try await settled(sandbox, count: 1).map(\.outcome) == [.answered(200)])
        try pay(sandbox, faults: faults)
        sandbox.sandbox.faults = SandboxFaults()
        #expect(try await settled(sandbox, count: 2).map(\.outcome) == [.answered(200), .answered(200)])
        try pay(sandbox, faults: faults)
        await sandbox.sandbox.stop(grace: .zero)
        #expect(sandbox.sandbox.webhooks.last?.outcome == .failed("cancelled"))
        #expect(receiver.received.count == 2)
        await receiver.stop()
    }

    @Test(arguments: ["application/x-www-form-urlencoded", "application/json; charset=UTF-8"])
    func `a webhook may be labelled otherwise`(contentType: String) async throws {
        try await run { sandbox, receiver in
            var faults = SandboxFaults()
            faults.webhookContentType = contentType
            try pay(sandbox, faults: faults)
            _ = try await settled(sandbox, count: 1)
            #expect(receiver.received.first?.fields["Content-Type"] == contentType)
        }
    }

    @Test func `a delayed webhook is given up at the stop`() async throws {
        let receiver = try WebhookReceiver()
        let sandbox = try SandboxFixture { $0.webhookURL = receiver.url }
        var faults = SandboxFaults()
        faults.webhookDelayMilliseconds = 86_400_000
        try pay(sandbox, faults: faults)
        #expect(sandbox.sandbox.webhooks.map(\.outcome) == [.underWay])
        await sandbox.sandbox.stop(grace: .zero)
        #expect(try await settled(sandbox, count: 1).map(\.outcome) == [.failed("cancelled")])
        #expect(receiver.received.isEmpty)
        await receiver.stop()
    }

    @Test func `a webhook forged by hand goes out just as it is`() async throws {
        try await run { sandbox, receiver in
            for body in [#"{"id":1,"state":"paid"}"#, "no JSON at all"] {
                #expect(try await sandbox.post("/sandbox/webhooks", body).status == 202)
            }
            let webhooks = try await settled(sandbox, count: 2)
            #expect(webhooks.allSatisfy { !$0.isGenuine })
            #expect(Set(receiver.received.map(\.body)) == [#"{"id":1,"state":"paid"}"#, "no JSON at all"])
            let list = try await sandbox.get("/sandbox/webhooks").json?.array
            #expect(list?.last?["body"]?.string == "no JSON at all")
        }
    }

    @Test func `the URL can be changed at run time`() async throws {
        try await run { sandbox, receiver in
            let other = try WebhookReceiver()
            sandbox.sandbox.webhookURL = other.url
            try pay(sandbox)
            _ = try await settled(sandbox, count: 1)
            #expect(other.received.count == 1 && receiver.received.isEmpty)
            await other.stop()
        }
    }

    @Test(arguments: [
        ("/sandbox/payments/1/state", "{}", 400), ("/sandbox/payments/1/state", "paid", 400),
        ("/sandbox/payments/1/state", #"{"state":""}"#, 400), ("/sandbox/payments/9/state", #"{"state":"paid"}"#, 404),
        ("/sandbox/payments/x/state", #"{"state":"paid"}"#, 404), ("/sandbox/payments/1", #"{"state":"paid"}"#, 404),
    ])
    func `a faulty change is refused, with the mend`(path: String, body: String, status: Int) async throws {
        try await SandboxFixture.run { sandbox in
            sandbox.sandbox.createPayment(amount: try #require(Amount("1")))
            let answer = try await sandbox.post(path, body)
            #expect(answer.status == status)
            #expect(answer.json?["error"]?.string?.isEmpty == false)
            #expect(sandbox.sandbox.webhooks.isEmpty)
        }
    }
}
