import Confirming
import ECryptoPay
import HTTP1
import JournalFormat
import Ledger
import Payments
import Runtime

/// `GET /`: how the daemon stands, on one page for people. It needs nothing from outside, and keeps itself up to date by
/// `/events`.
struct StatusPage {
    let status: DaemonStatus
    let activity: ActivityPicture
    let problems: [String]

    init(_ status: DaemonStatus, _ activity: ActivityPicture) {
        self.status = status
        self.activity = activity
        problems = status.problems
    }

    /// The answer. Style and script run by a nonce; whatever else got into the page would do nothing.
    func response(nonce: String) -> Response {
        Response(
            status: 200, contentType: "text/html; charset=utf-8",
            fields: [
                (
                    "Content-Security-Policy",
                    """
                    default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'; connect-src 'self'; \
                    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
                    """
                ),
                ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
                ("Cache-Control", "no-store"),
            ], body: Array(document(nonce).utf8))
    }

    private func document(_ nonce: String) -> String {
        let head = HTML.element(
            "head", [],
            [
                HTML(
                    markup: """
                        <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">\
                        <link rel="icon" href="data:,">
                        """), .element("title", [], "\(problems.isEmpty ? "✓" : "!") ecryptopayd"),
                .element("style", [("nonce", nonce)], [HTML(markup: StatusPageAssets.style)]),
            ])
        let body = HTML.element(
            "body", [],
            [
                HTML(markup: #"<p id="gone" hidden>The daemon does not answer. This is how it stood before.</p>"#),
                main,
                .element("script", [("nonce", nonce)], [HTML(markup: StatusPageAssets.script)]),
            ])
        return "<!doctype html>\n" + HTML.element("html", [("lang", "en")], [head, body]).description + "\n"
    }

    private var main: HTML {
        .element(
            "main",
            [("data-seq", "\(status.journal.seq)"), ("data-title", "\(problems.isEmpty ? "✓" : "!") ecryptopayd")],
            [health] + cluster + [figures, day, lately] + (status.decides ? [waiting] : [])
                + (hasEndpoints ? [endpoints] : []) + [refuted, footer])
    }

    private var health: HTML {
        if problems.isEmpty {
            return .element("section", [("class", "health well")], [.element("h1", [], "All is well")])
        }
        let isReady = status.unreadiness.isEmpty
        return .element(
            "section", [("class", "health \(isReady ? "degraded" : "unready")")],
            [
                .element("h1", [], isReady ? "Needs to be seen to" : "Not ready"),
                .element("ul", [], problems.map { .element("li", [], ReadableText.line($0, limit: 500)) }),
            ])
    }

    private var figures: HTML {
        .element(
            "dl", [],
            [figure("last webhook", ago(status.lastWebhookAt))] + (status.decides ? ledgerFigures : [])
                + (status.journal.room.map { [figure("disk free", HumanText.bytes($0.freeBytes))] } ?? [])
                + (status.journal.scrub.map(upkeep) ?? []))
    }

    private var ledgerFigures: [HTML] {
        let counts = status.overview.counts
        return [
            figure("last confirmed", ago(status.lastConfirmedAt)),
            figure("waiting", "\(counts.pending)"), figure("set aside", "\(status.overview.setAside)"),
            figure("refuted in all", "\(counts.refuted)"),
            figure("undeliverable in all", "\(counts.undeliverable)"),
            figure("API", status.api.isReachable.map { $0 ? "reachable" : "not reached" } ?? "not asked yet"),
            figure("last reconciled", ago(status.lastReconciledAt)),
        ]
    }

    /// What is done so that the journal can be had back.
    private func upkeep(_ scrub: ScrubStatus) -> [HTML] {
        [figure("last backup", ago(status.overview.lastBackup?.time))]
            + (scrub.round == .zero ? [] : [figure("last scrub", ago(scrub.completedAt))])
    }

    /// Which of the nodes decides, where several share the ledger.
    private var cluster: [HTML] {
        guard let cluster = status.cluster, let deciding = cluster.deciding else { return [] }
        let time = cluster.since.map { " for \(HumanText.duration(status.now - $0))" } ?? ""
        let text =
            cluster.isHere
            ? "This node has decided\(time)."
            : "\(deciding) has decided\(time): it confirms and delivers, and its page tells the rest."
        return [.element("p", [("class", "cluster")], "\(text) Nodes: \(cluster.nodes.joined(separator: ", ")).")]
    }

    private func figure(_ name: String, _ value: String) -> HTML {
        .element("div", [], [.element("dt", [], name), .element("dd", [], value)])
    }

    private func ago(_ time: Int64?) -> String {
        time.map { "\(HumanText.duration(status.now - $0)) ago" } ?? "never"
    }

    private var day: HTML {
        section("The last 24 hours", ActivityChart(activity.hours, now: status.now).figure)
    }

    private var footer: HTML {
        .element(
            "footer", [],
            """
            ecryptopayd \(status.version), running for \(HumanText.duration(status.now - status.startedAt)); record \
            \(status.journal.seq), \(HumanText.bytes(status.overview.bytes)) of journal; as of \
            \(HumanText.time(status.now)). Times are UTC.\(restore)
            """)
    }

    private var restore: String {
        guard let restore = status.journal.restore else { return "" }
        return """
             The journal was restored at \(HumanText.time(restore.time)) to the state of record \(restore.after) of \
            \(HumanText.time(restore.point)).
            """
    }

    func section(_ title: String, _ content: HTML) -> HTML {
        .element("section", [], [.element("h2", [], title), content])
    }
}
