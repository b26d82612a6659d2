import Testing

@testable import Configuration

@Suite struct IPAddressTests {
    @Test("IPv4 addresses are four plain numbers", arguments: ["0.0.0.0", "127.0.0.1", "255.255.255.255"])
    func acceptsVersion4(text: String) throws {
        #expect(try #require(IPAddress(version4: text)).octets.count == 4)
    }

    @Test(
        "what only some programs take for an IPv4 address is none",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "+1.2.3.4", "1.2.3.", "0x7f.0.0.1", " 1.2.3.4",
            "1.2.3.4444",
        ])
    func refusesVersion4(text: String) { #expect(IPAddress(version4: text) == nil) }

    @Test(
        "IPv6 addresses in their text forms (RFC 4291 section 2.2)",
        arguments: [
            ("::", [UInt8](repeating: 0, count: 16)), ("::1", [UInt8](repeating: 0, count: 15) + [1]),
            ("1::", [0, 1] + [UInt8](repeating: 0, count: 14)),
            ("2001:DB8::8:800:200C:417A", [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 8, 8, 0, 0x20, 0x0c, 0x41, 0x7a]),
            ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
            ("::ffff:1.2.3.4", [UInt8](repeating: 0, count: 10) + [255, 255, 1, 2, 3, 4]),
            ("1:2:3:4:5:6:1.2.3.4", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4]),
            ("1:2:3:4:5:6:7::", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]),
        ] as [(String, [UInt8])])
    func acceptsVersion6(text: String, octets: [UInt8]) throws {
        #expect(try #require(IPAddress(version6: text)).octets == octets)
    }

    @Test(
        "what is no IPv6 address",
        arguments: [
            "", ":", "1", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::",
            "1:",
            ":1", "::1%lo", "1.2.3.4::", "1.2.3.4", "::1.2.3.4:5", "+1::",
        ])
    func refusesVersion6(text: String) { #expect(IPAddress(version6: text) == nil) }

    @Test func `loopback is 127.0.0.0/8 and ::1`() throws {
        for text in ["127.0.0.0", "127.255.255.255"] { #expect(try #require(IPAddress(version4: text)).isLoopback) }
        for text in ["126.255.255.255", "128.0.0.0", "0.0.0.0"] {
            #expect(try !#require(IPAddress(version4: text)).isLoopback)
        }
        #expect(try #require(IPAddress(version6: "0::1")).isLoopback)
        for text in ["::", "::2", "1::1", "::ffff:127.0.0.1"] {
            #expect(try !#require(IPAddress(version6: text)).isLoopback)
        }
    }
}
