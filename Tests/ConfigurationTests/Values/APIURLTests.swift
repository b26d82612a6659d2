import Configuration
import Testing

@Suite struct APIURLTests {
    @Test(
        "a URL is read and spelled canonically",
        arguments: [
            ("https://ecryptopay.com/api/v1", "https://ecryptopay.com/api/v1"),
            ("https://ecryptopay.com/api/v1/", "https://ecryptopay.com/api/v1"),
            ("HTTPS://Ecryptopay.COM:443//", "https://ecryptopay.com"),
            ("https://example.com:8443", "https://example.com:8443"),
            ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
            ("http://localhost:8725/api/v1", "http://localhost:8725/api/v1"),
            ("http://LOCALHOST/", "http://localhost"), ("http://127.0.0.1:80/", "http://127.0.0.1"),
            ("http://127.255.255.254:8725", "http://127.255.255.254:8725"), ("http://[::1]:1", "http://[::1]:1"),
            ("http://[0:0::0:1]", "http://[0:0::0:1]"), ("https://a.b/%20/~x", "https://a.b/%20/~x"),
        ])
    func accepts(text: String, canonical: String) throws {
        #expect(try read(["ECRYPTOPAY_API_URL": text]).apiURL.description == canonical)
    }

    @Test(
        "a URL that would be unsafe or ambiguous is refused",
        arguments: [
            ("http://ecryptopay.com/api/v1", "loopback"), ("http://128.0.0.1", "loopback"),
            ("http://127.0.0.1.example.com", "loopback"), ("http://localhost.example.com", "loopback"),
            ("http://127.1", "loopback"), ("http://0177.0.0.1", "loopback"), ("http://2130706433", "loopback"),
            ("http://[::2]", "loopback"), ("http://[::ffff:127.0.0.1]", "loopback"), ("http://0.0.0.0", "loopback"),
            ("https://user:s3cr3t@ecryptopay.com", "user or password"),
            ("http://127.0.0.1@evil.com", "user or password"),
            ("ftp://user:s3cr3t@ecryptopay.com", "neither the scheme"), ("https://ecryptopay.com/?s3cr3t", "query"),
            ("https://ecryptopay.com#x", "query or fragment"), ("ecryptopay.com/api/v1", "is not a URL"),
            ("https:///api", "no host"), ("https://", "no host"), ("https://a..b", "host that is no name"),
            ("https://a_b", "host that is no name"), ("https://a b", "host that is no name"),
            ("https://[::1", "host that is no name"), ("https://a:0", "port"), ("https://a:65536", "port"),
            ("https://a:", "port"), ("https://a/b c", "characters"), ("https://a/%2", "characters"),
            ("https://a/\u{e9}", "characters"), ("https://a/\r\nX: y", "characters"),
            ("https://a\\b/c", "host that is no name"),
        ])
    func refuses(text: String, reason: String) throws {
        let found = try faults(["ECRYPTOPAY_API_URL": text])
        #expect(found.count == 1)
        #expect(found.first?.problem.contains(reason) == true, "\(found)")
        #expect(!"\(found)".contains("s3cr3t"))
    }
}
