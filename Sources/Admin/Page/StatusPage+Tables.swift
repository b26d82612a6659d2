import CivilTime
import ECryptoPay
import JSON
import Ledger
import Payments
import Runtime

/// What came, what waits and what was refuted.
extension StatusPage {
    var lately: HTML {
        section(
            "What came lately",
            table(
                ["time", "payment", "state", "amount", "verdict"] + (hasEndpoints ? ["delivery"] : []),
                activity.rows.map { row in
                    let payment = try? JSONValue(parsing: row.json)
                    let (verdict, style) = Self.text(row.verdict)
                    return [
                        time(row.time), cell("\(row.payment)", "number"), cell(Self.word(payment?["state"])),
                        cell(Self.word(payment?["amount"]), "number"), cell(verdict, style),
                    ] + (hasEndpoints ? [delivery(row)] : [])
                }, none: "Nothing yet."))
    }

    var hasEndpoints: Bool { !status.overview.endpoints.isEmpty }

    private func delivery(_ row: ActivityPicture.Row) -> HTML {
        if row.news == nil { return cell("–") }
        if row.undeliverable > 0 { return cell("undeliverable", "refuted") }
        return row.delivered >= status.overview.endpoints.count
            ? cell("delivered", "confirmed") : cell("waits", "waits")
    }

    var waiting: HTML {
        let rest = status.overview.counts.pending - status.overview.waiting.count
        let title = rest > 0 ? "What waits: the longest of \(status.overview.counts.pending)" : "What waits"
        return section(
            title,
            table(
                ["since", "payment", "calls", "why"],
                status.overview.waiting.map { waiting in
                    [
                        cell(HumanText.duration(status.wait(waiting)), "time"), cell("\(waiting.payment.id)", "number"),
                        cell("\(waiting.payment.attempts)", "number"),
                        cell(ReadableText.line(status.reason(waiting), limit: 200)),
                    ]
                }, none: "Nothing."))
    }

    var endpoints: HTML {
        section(
            "What waits for the shop",
            table(
                ["endpoint", "deliveries", "how it does"],
                status.overview.endpoints.map { endpoint in
                    [
                        cell(ReadableText.line(endpoint.name, limit: 200)), cell("\(endpoint.waiting)", "number"),
                        health(of: endpoint),
                    ]
                }, none: "Nothing."))
    }

    private func health(of endpoint: EndpointStatus) -> HTML {
        if endpoint.isStopped { return cell("answered 410 Gone, and gets nothing more", "refuted") }
        guard let failing = endpoint.failing else { return cell("–") }
        let error = ReadableText.line(failing.error, limit: 200)
        return cell("takes nothing for \(HumanText.duration(status.now - failing.since)): \(error)", "refuted")
    }

    var refuted: HTML {
        section(
            "What was refuted lately",
            table(
                ["time", "payment", "why"],
                activity.refutations.map { refutation in
                    [
                        time(refutation.time), cell("\(refutation.payment)", "number"),
                        cell(Self.reason(refutation.reason)),
                    ]
                }, none: "Nothing."))
    }

    private func table(_ titles: [String], _ rows: [[HTML]], none: String) -> HTML {
        if rows.isEmpty { return .element("p", [("class", "none")], none) }
        return .element(
            "div", [("class", "scroll")],
            [
                .element(
                    "table", [],
                    [
                        .element("thead", [], [.element("tr", [], titles.map { .element("th", [], $0) })]),
                        .element("tbody", [], rows.map { .element("tr", [], $0) }),
                    ])
            ])
    }

    private func cell(_ text: String, _ style: String? = nil) -> HTML {
        .element("td", style.map { [("class", $0)] } ?? [], text)
    }

    /// The clock for today, and the date before.
    private func time(_ nanoseconds: Int64) -> HTML {
        let full = HumanText.time(nanoseconds)
        let isToday = full.prefix(10) == HumanText.time(status.now).prefix(10)
        let clock = full.dropFirst(11).prefix(8)
        let text = isToday ? String(clock) : "\(full.dropFirst(5).prefix(5)) \(clock.prefix(5))"
        return .element(
            "td", [("class", "time")],
            [.element("time", [("datetime", full)], text)])
    }

    /// A word or a number that a stranger has written.
    private static func word(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text)?: ReadableText.line(text, limit: 40)
        case .number(let text)?: ReadableText.line(text, limit: 40)
        default: "–"
        }
    }

    private static func text(_ verdict: ActivityPicture.Verdict) -> (String, String) {
        switch verdict {
        case .waits: ("waits", "waits")
        case .confirmed: ("confirmed", "confirmed")
        case .found: ("confirmed; no webhook came", "confirmed")
        case .refuted(let reason): ("refuted: \(Self.reason(reason))", "refuted")
        case .setAside: ("set aside", "refuted")
        }
    }

    private static func reason(_ reason: String) -> String {
        switch RefutationReason(rawValue: reason) {
        case .notFound: "no such payment"
        case .forbidden: "not this account's"
        case .amountMismatch: "another amount"
        case .currencyMismatch: "another currency"
        case .stateNeverReached: "never came to that state"
        case .unreadable: "its record is damaged"
        case nil: ReadableText.line(reason, limit: 40)
        }
    }
}
