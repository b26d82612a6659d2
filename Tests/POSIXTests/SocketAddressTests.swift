import POSIX
import Testing

struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8723", "127.0.0.1:8723", true), ("localhost:80", "127.0.0.1:80", true),
        ("0.0.0.0:0", "0.0.0.0:0", false), ("192.168.1.2:65535", "192.168.1.2:65535", false),
        ("[::1]:8723", "[::1]:8723", true), ("[::]:1", "[::]:1", false),
        ("[2001:DB8:0:0::1]:2", "[2001:db8::1]:2", false),
        ("unix:/run/a b:c", "unix:/run/a b:c", true), ("127.255.0.9:1", "127.255.0.9:1", true),
    ])
    func `addresses are read, written canonically, and told as local or not`(
        _ text: String, _ written: String, _ isLocal: Bool
    ) throws {
        let address = try SocketAddress(parsing: text)
        #expect(address.description == written)
        #expect(address.isLocal == isLocal)
    }

    @Test(arguments: [
        ("", "no port"), ("8723", "no host"), (":8723", "no host"), ("127.0.0.1", "no port"),
        ("127.0.0.1:", "not a port"),
        ("127.0.0.1:http", "not a port"), ("127.0.0.1:65536", "not a port"), ("127.0.0.1:+1", "not a port"),
        ("127.0.0.1:-1", "not a port"), ("127.0.0.1: 1", "not a port"), ("127.0.0.1:\u{664}", "not a port"),
        ("256.0.0.1:1", "not an IPv4 address"), ("127.1:1", "not an IPv4 address"),
        ("example.com:1", "not an IPv4 address or localhost"), ("::1:80", "in brackets"), ("[::1:80", "not closed"),
        ("[::1]", "no port"), ("[::1]80", "no port"), ("[::g]:80", "not an IPv6 address"),
        ("[127.0.0.1]:80", "not an IPv6 address"), ("unix:", "not absolute"), ("unix:a/b", "not absolute"),
        ("unix:/" + String(repeating: "p", count: 107), "longer than 107 bytes"), ("unix:/a\u{0}b", "zero byte"),
    ])
    func `what is no address is refused with what is wrong and what to write`(_ text: String, _ fault: String) {
        let error = #expect(throws: SocketAddressError.self) { try SocketAddress(parsing: text) }
        #expect(error?.fault.contains(fault) == true)
        #expect(error?.description.hasSuffix("e.g. 127.0.0.1:8723") == true)
    }
}
