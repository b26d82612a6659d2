import Testing

@testable import ECryptoPay

@Suite struct TokenAnswerTests {
    private func read(_ json: String) -> TokenAnswer? { TokenAnswer(body: Array(json.utf8)) }

    @Test func `the documented answer of the token endpoint is read`() {
        let answer = read(
            """
            {"access_token":"abc","token_type":"Bearer","expires_in":7200,"refresh_token":"def","created_at":1667325845}
            """)
        #expect(answer == TokenAnswer(accessToken: "abc", lifetime: .seconds(7_200), refreshToken: "def"))
    }

    @Test(arguments: [
        #"{"access_token":"a"}"#, #"{"access_token":"a","expires_in":null,"refresh_token":null}"#,
        #"{"access_token":"a","expires_in":0,"refresh_token":""}"#, #"{"access_token":"a","expires_in":-1}"#,
        #"{"access_token":"a","expires_in":"soon","refresh_token":7}"#, #"{"access_token":"a","token_type":"bearer"}"#,
    ])
    func `life and refresh token may be missing or senseless`(json: String) {
        #expect(read(json) == TokenAnswer(accessToken: "a", lifetime: nil, refreshToken: nil))
    }

    @Test func `a life in digits is a life, and an absurd one is bounded`() {
        #expect(read(#"{"access_token":"a","expires_in":"60"}"#)?.lifetime == .seconds(60))
        #expect(read(#"{"access_token":"a","expires_in":9223372036854775807}"#)?.lifetime == .seconds(315_360_000))
    }

    @Test(arguments: [
        "", "null", "[]", "{}", #"{"access_token":""}"#, #"{"access_token":1}"#, #"{"access_token":"a b"}"#,
        #"{"access_token":"a\r\nX: y"}"#, #"{"access_token":"é"}"#, #"{"access_token":"a","token_type":"mac"}"#,
        #"{"access_token":"a""#,
    ])
    func `what could not stand in an Authorization field is no token`(json: String) {
        #expect(read(json) == nil)
    }
}
