import JSON
import Testing

@testable import ecryptopayd

/// What `ecryptopayd status` prints of the daemon's JSON.
struct StatusTextTests {
    private func text(_ json: String) throws -> String { StatusText.text(try JSONValue(parsing: Array(json.utf8))) }

    /// The rows by their names.
    private func rows(_ json: String) throws -> [String: String] {
        var rows: [String: String] = [:]
        for line in try text(json).split(separator: "\n") where line.count > 16 {
            rows[line.prefix(16).split(separator: " ").joined(separator: " ")] = String(line.dropFirst(16))
        }
        return rows
    }

    @Test func `problems come first, each on a line of its own, and without one all is well`() throws {
        #expect(try text(#"{"problems":[]}"#).hasPrefix("all is well\n\nversion         "))
        #expect(try text(#"{"problems":["one","two\nlines"]}"#).hasPrefix("! one\n! two lines\n\nversion "))
    }

    @Test func `figures are told in words, and what never was as never`() throws {
        let rows = try rows(
            """
            {"version":"1.2","uptime_seconds":3600,"ready":true,"pending":2,"oldest_pending_seconds":60,"set_aside":1,\
            "received":7,"confirmed":6,"refuted":5,"delivered":4,"undeliverable":3,"unannounced":2,\
            "last_webhook_at":"2026-11-22T18:00:00Z","last_confirmed_at":null,"api":{"reachable":null},\
            "journal":{"seq":99,"segments":2,"bytes":2048,"free_bytes":4096,"failed":true},"endpoints":[]}
            """)
        #expect(rows["version"] == "1.2" && rows["running for"] == "1 h" && rows["ready"] == "yes")
        #expect(rows["webhooks"] == "7 journaled, the last 2026-11-22T18:00:00Z")
        #expect(rows["confirmed"] == "6, the last never" && rows["refuted"] == "5" && rows["reconciled"] == "never")
        #expect(rows["waiting"] == "2 payments, the oldest for 1 min; 1 set aside")
        #expect(rows["delivered"] == "4, 3 undeliverable; no endpoint is configured")
        #expect(rows["unannounced"] == "2 changes found by reconciling only")
        #expect(rows["API"] == "not asked yet")
        #expect(rows["journal"] == "record 99, 2.0 KiB in 2 segments, 4.0 KiB of disk free, FAILED")
    }

    @Test func `each endpoint is told with what waits, and what is wrong with it`() throws {
        let rows = try rows(
            """
            {"pending":0,"delivered":4,"undeliverable":0,"endpoints":[{"endpoint":"a","waiting":0},\
            {"endpoint":"b","waiting":1,"last_error":"HTTP 500"},\
            {"endpoint":"c","waiting":2,"stopped":true,"last_error":"HTTP 500"}]}
            """)
        #expect(
            rows["delivered"] == "4; 0 wait for a; 1 wait for b, which takes nothing: HTTP 500; 2 wait for c, STOPPED")
        #expect(rows["waiting"] == "none")
    }

    @Test func `a node that does not decide tells who does, and nothing of the ledger`() throws {
        let there = try rows(
            """
            {"pending":null,"confirmed":null,"journal":{"seq":9,"bytes":null},\
            "cluster":{"deciding":"north","here":false,"deciding_seconds":60,"nodes":["north","south"]}}
            """)
        #expect(there["decides"] == "north, for 1 min; nodes: north, south")
        #expect(there["journal"] == "record 9")
        #expect(there["confirmed"] == nil && there["waiting"] == nil && there["API"] == nil)
        let here = try rows(
            #"{"pending":0,"cluster":{"deciding":"south","here":true,"deciding_seconds":60,"nodes":["north","south"]}}"#
        )
        #expect(here["decides"] == "this node, for 1 min; nodes: north, south" && here["confirmed"] != nil)
        let nobody = try rows(#"{"pending":null,"cluster":{"deciding":null,"nodes":["south"]}}"#)
        #expect(nobody["decides"] == "no node; nodes: south")
    }

    @Test func `payments that wait stand in a table below, the API's words without what steers a terminal`() throws {
        let text = try text(
            #"""
            {"pending":1,"api":{"reachable":false,"last_error":"\u001b[31mno\u009b2J"},"waiting":[{"payment":42,\#
            "since":"2026-11-22T18:00:00Z","reports":1,"attempts":2,"reason":"answered \u001b]0;x\u0007 503"}]}
            """#)
        #expect(text.hasSuffix("     42  2026-11-22T18:00:00Z        1      2  answered ]0;x 503\n"), "\(text)")
        #expect(text.contains("not reached: [31mno 2J\n"), "\(text)")
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
    }
}
