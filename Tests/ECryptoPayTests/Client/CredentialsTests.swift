import Testing

import ECryptoPay

@Suite struct CredentialsTests {
    @Test func `no secret shows, however an account or a configuration is printed`() {
        let credentials = Credentials(
            clientID: "client", clientSecret: "s3cret-1", email: "shop@example.com", password: "s3cret-2")
        let configuration = Client.Configuration(credentials: credentials)
        var text =
            "\(credentials) \(configuration) \(String(reflecting: configuration)) \(String(reflecting: credentials))"
        dump(configuration, to: &text)
        dump(credentials, to: &text)
        #expect(!text.contains("s3cret"))
        #expect(text.contains("shop@example.com"))
    }
}
