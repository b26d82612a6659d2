import Configuration
import Testing

@Suite struct WebhookPathTests {
    @Test(
        "a path that cannot be one is refused, without showing it",
        arguments: [
            ("hidden", "does not begin with a slash"), ("/a,", "has an empty entry"),
            ("/hidden,/hidden", "stands there twice"),
            ("/hidden?x=1", "query"), ("/hidden#x", "query or fragment"), ("/hidden x", "characters"),
            ("/hidden\u{7f}", "characters"), ("/hidden%2", "characters"), ("/hidden%zz", "characters"),
            ("/hidden\u{e9}", "characters"), ("/hidden/../x", "dots"), ("/./hidden", "dots"),
            ("/healthz", "health check"), ("/" + String(repeating: "hidden", count: 200), "longer than 1024"),
            ((1...65).map { "/hidden\($0)" }.joined(separator: ","), "more than 64"),
        ])
    func refuses(text: String, reason: String) throws {
        let found = try faults(["ECRYPTOPAY_WEBHOOK_PATHS": text])
        #expect(found.count == 1)
        #expect(found.first?.problem.contains(reason) == true, "\(found)")
        #expect(!"\(found)".contains("hidden"))
    }

    @Test(
        "what is shown of a path gives nothing away",
        arguments: [
            ("/webhooks/ecryptopay", "/webhooks/ecryptopay"), ("/webhooks/5f0c8e9b7a6d4c3b", "/webhooks/…"),
            ("/5f0c8e9b7a6d4c3b", "/…"), ("/5f0c8e9b7a6d4c3b/ecryptopay", "/…"), ("/secret", "/…"),
            ("/correcthorsebattery/x", "/…"), ("/", "/…"),
        ])
    func redacts(path: String, shown: String) throws {
        let found = try #require(try read(["ECRYPTOPAY_WEBHOOK_PATHS": path]).webhookPaths.first)
        #expect("\(found)" == shown)
        #expect(String(reflecting: found) == shown)
    }

    @Test(
        "a path that can be guessed brings a warning",
        arguments: [
            ("/webhooks/ecryptopay", true), ("/", true), ("/webhooks/5f0c8e9b7a6d4c3", true),
            ("/webhooks/aaaaaaaaaaaaaaa1", true), ("/5f0c8e9b7a6d4c3b1f2e/ecryptopay", true),
            ("/webhooks/paymentnotificationendpoint", true), ("/webhooks/5f0c8e9b7a6d4c3b", false),
            ("/webhooks/qPzXwLmVtRkHsJnB", false), ("/5f0c8e9b-7a6d-4c3b-9f1e-aa00bb11cc22/", false),
        ])
    func warns(path: String, isGuessable: Bool) throws {
        let warnings = try read(["ECRYPTOPAY_WEBHOOK_PATHS": path]).warnings
        #expect(warnings.count == (isGuessable ? 1 : 0), "\(warnings)")
    }

    @Test func `the warning says which path, and the mend`() throws {
        let warnings = try read(["ECRYPTOPAY_WEBHOOK_PATHS": "/webhooks/5f0c8e9b7a6d4c3b,/webhooks/hidden"]).warnings
        let warning = try #require(warnings.first)
        #expect(warning.contains("path 2 (/webhooks/…)"))
        #expect(warning.contains("openssl rand -hex 16"))
        #expect(!warning.contains("hidden"))
    }
}
