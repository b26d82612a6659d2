import JSON
import Testing

@testable import ECryptoPay

@Suite struct RedactorTests {
    private static let secret = #"p<&>"'\ä/ x"#

    @Test(arguments: [
        secret, JSONString.quoted(secret), "p&lt;&amp;&gt;&quot;&#39;\\ä/ x",
        "p%3C%26%3E%22%27%5C%C3%A4%2F%20x",
    ])
    func `a secret is found in every notation`(form: String) {
        let text = Redactor([Self.secret]).redacted("before \(form) after \(form)")
        #expect(!text.contains("%3C") && !text.contains("p<") && !text.contains("ä"))
        #expect(text.components(by: "[redacted]").count == 3)
    }

    @Test func `a secret within another leaves nothing of the longer one`() {
        #expect(
            Redactor(["abc", "abcdef", "", "f"]).redacted("-abcdef-abc-f-") == "-[redacted]-[redacted]-[redacted]-")
    }

    @Test func `text without secrets stays as it is`() {
        #expect(Redactor(["secret"]).redacted("secre t, Secret ñ") == "secre t, Secret ñ")
        #expect(Redactor([]).redacted("text") == "text")
        #expect(Redactor([""]).redacted("text") == "text")
    }
}
