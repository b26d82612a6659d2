import Testing

@testable import ECryptoPay

@Suite struct ErrorAnswerTests {
    private func message(
        _ body: String, type: String? = "application/json", challenge: String? = nil, onlyKnownShapes: Bool = false
    ) -> String? {
        let fields = [("Content-Type", type), ("WWW-Authenticate", challenge)]
        let answer = TransportAnswer(
            status: 400, fields: fields.compactMap { name, value in value.map { (name, $0) } }, body: Array(body.utf8))
        return ErrorAnswer.message(answer, onlyKnownShapes: onlyKnownShapes)
    }

    @Test(arguments: [
        (
            #"{"error":"invalid_grant","error_description":"The grant is invalid, or revoked."}"#,
            "invalid_grant: The grant is invalid, or revoked."
        ),
        (#"{"status":404,"error":"Not Found"}"#, "Not Found"),
        (#"{"amount":["is not a number"]}"#, "amount is not a number"),
        (
            #"{"amount":["can't be blank","is not a number"],"currency":["is odd"]}"#,
            "amount can't be blank, is not a number; currency is odd"
        ),
        (#"{"errors":{"amount":["is not a number"]}}"#, "amount is not a number"),
        (#"{"errors":["one","two"]}"#, "one, two"),
        (#"{"errors":[{"title":"Bad","detail":"very"}]}"#, "Bad: very"),
        (#"{"error":{"code":7,"message":"No such payment"}}"#, "No such payment"),
        (#"{"message":"Limit reached"}"#, "Limit reached"),
        (#"{"title":"Not Found","status":404,"detail":"There is nothing here."}"#, "Not Found: There is nothing here."),
        (#""plain""#, "plain"),
        ("Retry later\n", "Retry later\n"),
    ])
    func `the sentence is found in Rails', Doorkeeper's and others' shapes`(body: String, expected: String) {
        #expect(message(body) == expected)
    }

    @Test(arguments: [
        "<!DOCTYPE html>\n<html><head><title>We&#39;re sorry &amp; so on (500)</title></head></html>",
        "  <HTML><TITLE lang=\"en\">We&#39;re sorry &amp; so on (500)</TITLE>",
        "<html><title> </title><h1>We're sorry & so on (500)</h1>",
    ])
    func `of an HTML page only the title is told`(body: String) {
        #expect(message(body, type: nil) == "an HTML page, \"We're sorry & so on (500)\"")
        #expect(message("<p>x", type: "text/html; charset=utf-8") == "an HTML page")
    }

    @Test func `with an empty body the challenge's description is told`() {
        let field = """
            Bearer realm="Doorkeeper", error="invalid_token", error_description="The access token was revoked"
            """
        #expect(message("", challenge: field) == "The access token was revoked")
        #expect(message("", challenge: #"Bearer error="invalid_token""#) == "invalid_token")
        #expect(message("", challenge: "Basic") == "Basic")
        #expect(message("") == nil)
    }

    @Test func `of an answer that may hold secrets only the members that explain are read`() {
        #expect(message(#"{"access_token":"abc"}"#, onlyKnownShapes: true) == nil)
        #expect(message(#"["abc"]"#, onlyKnownShapes: true) == nil)
        #expect(message("abc", type: "text/plain", onlyKnownShapes: true) == nil)
        #expect(message(#"{"access_token":"abc","error":"odd"}"#, onlyKnownShapes: true) == "odd")
        #expect(message("<html><title>Down", type: nil, onlyKnownShapes: true) == "an HTML page")
    }

    @Test func `an answer without a sentence gives none`() {
        for body in ["{}", "[]", "null", "true"] { #expect(message(body) == nil) }
        #expect(message(String(repeating: "[", count: 60) + String(repeating: "]", count: 60)) == nil)
        #expect(message(String(repeating: "x", count: 70_000)) == "70000 bytes")
    }
}
