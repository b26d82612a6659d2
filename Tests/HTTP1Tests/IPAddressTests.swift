import HTTP1
import Testing

@Suite struct IPAddressTests {
    @Test(
        "IPv4 addresses are four plain numbers",
        arguments: [("0.0.0.0", 0), ("127.0.0.1", 0x7f00_0001), ("255.255.255.255", 0xffff_ffff)] as [(String, UInt32)])
    func acceptsVersion4(text: String, address: UInt32) { #expect(IPAddress(version4: text) == .version4(address)) }

    @Test(
        "what only some programs take for an IPv4 address is none",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "+1.2.3.4", "1.2.3.", "0x7f.0.0.1", " 1.2.3.4",
            "1.2.3.4444",
        ])
    func refusesVersion4(text: String) { #expect(IPAddress(version4: text) == nil) }

    @Test(
        "IPv6 addresses are taken in all their text forms (RFC 4291 section 2.2)",
        arguments: [
            ("::", 0), ("::1", 1), ("1::", 1 << 112), ("1:2::3", 0x1_0002 << 96 | 3),
            ("2001:DB8::8:800:200C:417A", 0x2001_0db8_0000_0000_0008_0800_200c_417a),
            ("1:2:3:4:5:6:7:8", 0x1_0002_0003_0004_0005_0006_0007_0008),
            ("::ffff:1.2.3.4", 0xffff_0102_0304), ("1:2:3:4:5:6:1.2.3.4", 0x1_0002_0003_0004_0005_0006_0102_0304),
            ("1:2:3:4:5:6:7::", 0x1_0002_0003_0004_0005_0006_0007_0000),
            ("::2:3:4:5:6:7:8", 0x2_0003_0004_0005_0006_0007_0008),
        ] as [(String, UInt128)])
    func acceptsVersion6(text: String, address: UInt128) {
        #expect(IPAddress(version6: text) == .version6(address))
    }

    @Test(
        "what is no IPv6 address is not taken for one",
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
