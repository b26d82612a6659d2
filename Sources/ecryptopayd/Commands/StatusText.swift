import CivilTime
import ECryptoPay
import JSON
import Runtime

/// What `ecryptopayd status` prints for people, made of the daemon's JSON. Some of it is the API's text, and steers no
/// terminal.
enum StatusText {
    static func text(_ status: JSONValue) -> String {
        let problems = status["problems"]?.array?.compactMap(\.string) ?? []
        var text = problems.isEmpty ? "all is well\n" : ""
        for problem in problems { text += "! \(ReadableText.line(problem, limit: 500))\n" }
        text += "\n"
        for (name, value) in rows(status) {
            text += name + String(repeating: " ", count: max(1, 16 - name.utf8.count)) + value + "\n"
        }
        return text + waiting(status["waiting"]?.array ?? [])
    }

    private static func rows(_ status: JSONValue) -> [(String, String)] {
        let journal = status["journal"] ?? .null
        let api = status["api"] ?? .null
        return [
            ("version", string(status["version"])),
            ("running for", HumanText.duration(number(status["uptime_seconds"]) * 1_000_000_000)),
            ("ready", status["ready"]?.bool == true ? "yes" : "no"),
        ] + cluster(status["cluster"] ?? .null) + (status["pending"]?.integer == nil ? [] : ledger(status, api)) + [
            ("journal", self.journal(journal))
        ] + restore(journal["restored"] ?? .null)
    }

    /// Nothing where the journal is what it always was.
    private static func restore(_ restore: JSONValue) -> [(String, String)] {
        guard let after = restore["after"]?.integer else { return [] }
        return [
            (
                "restored",
                "\(time(restore["at"])), to the state of record \(after) of \(time(restore["point"]))"
            )
        ]
    }

    /// What only a node that decides knows.
    private static func ledger(_ status: JSONValue, _ api: JSONValue) -> [(String, String)] {
        [
            ("API", reachability(api)),
            ("webhooks", "\(number(status["received"])) journaled, the last \(time(status["last_webhook_at"]))"),
            ("confirmed", "\(number(status["confirmed"])), the last \(time(status["last_confirmed_at"]))"),
            ("waiting", waitingSummary(status)),
            ("refuted", "\(number(status["refuted"]))"),
            ("delivered", deliveries(status)),
            ("unannounced", "\(number(status["unannounced"])) changes found by reconciling only"),
            ("reconciled", time(status["last_reconcile_at"])),
        ]
    }

    /// Nothing where the ledger is a single machine's.
    private static func cluster(_ cluster: JSONValue) -> [(String, String)] {
        guard let nodes = cluster["nodes"]?.array?.compactMap(\.string) else { return [] }
        let names = nodes.map { ReadableText.line($0, limit: 100) }.joined(separator: ", ")
        guard let deciding = cluster["deciding"]?.string else { return [("decides", "no node; nodes: \(names)")] }
        let time = HumanText.duration(number(cluster["deciding_seconds"]) * 1_000_000_000)
        let name = cluster["here"]?.bool == true ? "this node" : ReadableText.line(deciding, limit: 100)
        return [("decides", "\(name), for \(time); nodes: \(names)")]
    }

    private static func journal(_ journal: JSONValue) -> String {
        // Where it is kept by a database, nobody can tell.
        let free = journal["free_bytes"]?.integer.map { ", \(HumanText.bytes($0)) of disk free" } ?? ""
        guard journal["bytes"]?.integer != nil else { return "record \(number(journal["seq"]))" }
        return """
            record \(number(journal["seq"])), \(HumanText.bytes(number(journal["bytes"]))) in \
            \(number(journal["segments"])) segments\(free)\(journal["failed"]?.bool == true ? ", FAILED" : "")
            """
    }

    private static func waitingSummary(_ status: JSONValue) -> String {
        let pending = number(status["pending"])
        let aside = number(status["set_aside"])
        var text = pending == 0 ? "none" : "\(pending) payments"
        if pending > 0 {
            text += ", the oldest for \(HumanText.duration(number(status["oldest_pending_seconds"]) * 1_000_000_000))"
        }
        return aside == 0 ? text : "\(text); \(aside) set aside"
    }

    private static func deliveries(_ status: JSONValue) -> String {
        let endpoints = status["endpoints"]?.array ?? []
        let undeliverable = number(status["undeliverable"])
        let ended = "\(number(status["delivered"]))\(undeliverable == 0 ? "" : ", \(undeliverable) undeliverable"); "
        if endpoints.isEmpty { return ended + "no endpoint is configured" }
        return ended + endpoints.map(endpoint).joined(separator: "; ")
    }

    private static func endpoint(_ endpoint: JSONValue) -> String {
        let name = ReadableText.line(string(endpoint["endpoint"]), limit: 200)
        let text = "\(number(endpoint["waiting"])) wait for \(name)"
        if endpoint["stopped"]?.bool == true { return "\(text), STOPPED" }
        guard let error = endpoint["last_error"]?.string else { return text }
        return "\(text), which takes nothing: \(ReadableText.line(error, limit: 200))"
    }

    private static func waiting(_ waiting: [JSONValue]) -> String {
        if waiting.isEmpty { return "" }
        var table = TextTable([
            ("payment", .right), ("since", .left), ("reports", .right), ("calls", .right), ("why it waits", .left),
        ])
        for payment in waiting {
            table.append([
                "\(number(payment["payment"]))", time(payment["since"]), "\(number(payment["reports"]))",
                "\(number(payment["attempts"]))", ReadableText.line(string(payment["reason"]), limit: 120),
            ])
        }
        return "\n" + table.text
    }

    private static func reachability(_ api: JSONValue) -> String {
        switch api["reachable"]?.bool {
        case nil: "not asked yet"
        case true?: "reachable"
        case false?: "not reached: \(ReadableText.line(string(api["last_error"]), limit: 300))"
        }
    }

    private static func number(_ value: JSONValue?) -> Int64 { value?.integer ?? 0 }

    private static func string(_ value: JSONValue?) -> String { value?.string ?? "-" }

    private static func time(_ value: JSONValue?) -> String { value?.string ?? "never" }
}
