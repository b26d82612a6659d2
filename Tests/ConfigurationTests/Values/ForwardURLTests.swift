import Configuration
import Testing

@Suite struct ForwardURLTests {
    private static let secret = ["ECRYPTOPAY_FORWARD_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]

    @Test(
        "a user or password is refused, as whoever delivers would refuse it, and is not shown",
        arguments: ["s3cr3t@", "shop:s3cr3t@", ":s3cr3t@", "shop:s3cr3t@@", "@"])
    func refusesUser(userInfo: String) throws {
        let found = try faults(
            ["ECRYPTOPAY_FORWARD_URLS": "https://a.example/,https://\(userInfo)shop.example/hook"]
                .merging(Self.secret) { $1 })
        #expect(found.count == 1)
        #expect(found.first?.problem == "has a user or password in it")
        let hint = try #require(found.first?.hint)
        #expect(hint.contains("signed with ECRYPTOPAY_FORWARD_SECRET, or put a token into the query"))
        #expect(!"\(found)".contains("s3cr3t"))
    }

    @Test func `a query is delivered to, and not shown`() throws {
        let settings = try read(
            ["ECRYPTOPAY_FORWARD_URLS": "https://shop.example:8443/hook?token=s3cr3t@x"].merging(Self.secret) { $1 })
        #expect(settings.forwardURLs.map(\.exposed) == ["https://shop.example:8443/hook?token=s3cr3t@x"])
        #expect(settings.forwardURLs.map(\.name) == ["https://shop.example:8443/hook?…"])
    }

    /// A key of many bytes in base64.
    private static func key(_ triple: String, _ count: Int, _ end: String = "") -> String {
        "whsec_" + String(repeating: triple, count: count) + end
    }

    @Test(arguments: [key("QUFB", 8), key("QUFB", 21, "QQ==")])
    func `a key of 24 bytes or of 64 is taken`(key: String) throws {
        #expect(try read(["ECRYPTOPAY_FORWARD_SECRET": key]).forwardSecret != nil)
    }

    @Test func `several keys are taken, in their order, and only their number is shown`() throws {
        let settings = try read(["ECRYPTOPAY_FORWARD_SECRET": Self.key("QUFB", 8) + " " + Self.key("QUFC", 8)])
        let keys = try #require(settings.forwardSecret)
        #expect(
            keys.exposed == [
                Array(String(repeating: "AAA", count: 8).utf8), Array(String(repeating: "AAB", count: 8).utf8),
            ])
        #expect("\(keys)" == "(2 set)")
    }

    @Test(
        "a faulty forward setting is named with what is wrong with it, and no key is shown",
        arguments: [
            ("FORWARD_URLS", "https://shop.example/hook", "FORWARD_SECRET", "is required"),
            ("FORWARD_SECRET", "whsec_not*base64", "FORWARD_SECRET", "is not base64"),
            ("FORWARD_SECRET", key("QUFB", 8, "QQ"), "FORWARD_SECRET", "is base64 without its padding"),
            ("FORWARD_SECRET", key("QUFB", 8, "QUE"), "FORWARD_SECRET", "is base64 without its padding"),
            ("FORWARD_SECRET", key("QUF-", 8), "FORWARD_SECRET", "is URL-safe base64"),
            ("FORWARD_SECRET", key("QUF_", 8), "FORWARD_SECRET", "is URL-safe base64"),
            ("FORWARD_SECRET", key("QUFB", 8) + " geheim", "FORWARD_SECRET", "in secret 2 does not begin with whsec_"),
            ("FORWARD_SECRET", key("QUFB", 8) + " " + key("QUFB", 8), "FORWARD_SECRET", "has one secret twice"),
            ("FORWARD_SECRET", "  ", "FORWARD_SECRET", "does not begin with whsec_"),
            ("FORWARD_SECRET", "whsec_c2hvcnQ=", "FORWARD_SECRET", "has 5 bytes, not 24 to 64"),
            ("FORWARD_SECRET", key("QUFB", 7, "QUE="), "FORWARD_SECRET", "has 23 bytes, not 24 to 64"),
            ("FORWARD_SECRET", key("QUFB", 21, "QUE="), "FORWARD_SECRET", "has 65 bytes, not 24 to 64"),
            (
                "FORWARD_URLS", "https://a.example/hook?shop=1,https://a.example/hook?shop=2", "FORWARD_URLS",
                "has two URLs that differ in the query only"
            ),
            ("FORWARD_SECRET", "geheim", "FORWARD_SECRET", "does not begin with whsec_"),
            ("FORWARD_URLS", "ftp://shop.example/", "FORWARD_URLS", "has neither the scheme https nor http"),
            ("FORWARD_EXEC", "bin/deliver", "FORWARD_EXEC", "is not an absolute path"),
        ])
    func refusesForwardSetting(key: String, value: String, faulty: String, problem: String) throws {
        let found = try faults(["ECRYPTOPAY_\(key)": value])
        #expect(found.contains { $0.key == "ECRYPTOPAY_\(faulty)" && $0.problem.contains(problem) }, "\(found)")
        #expect(!"\(found)".contains("c2hvcnQ") && !"\(found)".contains("QUFB") && !"\(found)".contains("geheim"))
    }
}
