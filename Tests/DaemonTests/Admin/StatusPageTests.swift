import Glibc
import JSON
import POSIX
import TestSupport
import Testing

/// The admin side's page in a real browser, from a real daemon.
struct StatusPageTests {
    /// A daemon with its admin side on a port, which a browser needs.
    private func pair(_ ledger: TestedLedger) async throws -> (SandboxProcess, DaemonUnderTest, String) {
        let sandbox = try await SandboxProcess.start()
        let daemon = try await ledger.daemon(asking: sandbox)
        let socket = try ListeningSocket(binding: try SocketAddress(parsing: "127.0.0.1:0"))
        try daemon.set("ECRYPTOPAY_RECONCILE_INTERVAL", "0")
        try daemon.set("ECRYPTOPAY_FORWARD_EXEC", "/bin/true")
        try await daemon.startWithBaseline(admin: socket)
        return (sandbox, daemon, "http://\(socket.address)/")
    }

    /// One payment that a webhook told of and one that only reconciling found, a forged report, and one whose turn is yet to come.
    private func fill(_ sandbox: SandboxProcess, _ daemon: DaemonUnderTest) async throws {
        let paid = try (0..<3).map { _ in try sandbox.create() }
        for id in paid {
            try sandbox.move(id, to: "paid")
            #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        }
        #expect(try daemon.post(DaemonUnderTest.report(paid[0], amount: "9999.0")).status == 200)
        try await eventually("all are judged") {
            try daemon.payments("confirmed").count >= 3 && daemon.records("refuted").count == 1
                && daemon.records("delivered").count == 3
        }
        let strange = try sandbox.create()
        try sandbox.setFaults(#"{"error_rate":1,"status":503}"#)
        let report =
            #"{"id":\#(strange),"currency":"btc","amount":"150.0","state":"<script>document.title='taken over'</script>"}"#
        #expect(try daemon.post(report).status == 200)
        try await daemon.process?.waitForOutput(containing: "API call failed")
    }

    @Test(arguments: TestedLedger.allCases)
    func `a browser shows what came, waits and was refuted, follows the journal, and runs no script from a report`(
        on ledger: TestedLedger
    ) async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let (sandbox, daemon, url) = try await pair(ledger)
            try await fill(sandbox, daemon)
            let browser = try Browser(url)
            try await eventually("the page is there") {
                try browser.value("document.querySelector('h1') != null") == .bool(true)
            }
            let text = try #require(try browser.value("document.body.innerText")?.string)
            for expected in [
                "Needs to be seen to", "the API is not reached", "<script>document.title='taken over'</sc", "confirmed",
                "another amount", "waits", "answered 503", "delivered",
            ] { #expect(text.contains(expected), "\(expected) in \(text)") }
            // The forged amount is not shown as the payment's own.
            #expect(!text.contains("9999"))
            #expect(try browser.value("document.title") == .string("! ecryptopayd"))
            #expect(try browser.value("document.scripts.length") == .number("1"))
            try await keep(browser)
            // What happens then shows by itself.
            try sandbox.clearFaults()
            let late = try sandbox.create()
            #expect(try daemon.post(DaemonUnderTest.report(late, state: "pending")).status == 200)
            try await eventually("the page follows") { try shows(late, browser) }
            #expect(try browser.value("document.getElementById('gone').hidden") == .bool(true))
            try await daemon.end()
            daemon.closeAdminSocket()
            try await eventually("the page says that nobody answers") {
                try browser.value("document.getElementById('gone').hidden") == .bool(false)
            }
            try await browser.end()
            withExtendedLifetime(sandbox) {}
        }
    }

    @Test func `a page that was opened with the token in its address follows the journal too`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let sandbox = try await SandboxProcess.start()
            let daemon = try await TestedLedger.files.daemon(asking: sandbox)
            let socket = try ListeningSocket(binding: try SocketAddress(parsing: "127.0.0.1:0"))
            try daemon.set("ECRYPTOPAY_ADMIN_TOKEN", "hush-0123456789abcdef")
            try await daemon.startWithBaseline(admin: socket)
            let browser = try Browser("http://operator:hush-0123456789abcdef@\(socket.address)/")
            try await eventually("the page is there") {
                try browser.value("document.querySelector('h1') != null") == .bool(true)
            }
            let id = try sandbox.create()
            #expect(try daemon.post(DaemonUnderTest.report(id, state: "pending")).status == 200)
            try await eventually("the page follows") { try shows(id, browser) }
            #expect(try browser.value("document.getElementById('gone').hidden") == .bool(true))
            try await browser.end()
            try await daemon.end()
            withExtendedLifetime(sandbox) {}
        }
    }

    /// Whether a payment stands in one of the page's tables.
    private func shows(_ id: Int64, _ browser: Browser) throws -> Bool {
        let rows = try browser.value("[...document.querySelectorAll('tr')].map(r => r.innerText).join('\\n')")
        return rows?.string?.contains("\t\(id)\t") == true
    }

    /// Looks at the page in the sizes that people have; keeps the pictures where `ECRYPTOPAYD_PICTURES` says.
    private func keep(_ browser: Browser) async throws {
        for (name, width, height, scheme) in [
            ("phone", 390, 844, "light"), ("phone-dark", 390, 844, "dark"), ("desktop", 1280, 900, "light"),
            ("desktop-dark", 1280, 900, "dark"),
        ] {
            try browser.show(width: width, height: height, scheme: scheme)
            let overflow = try browser.value("document.documentElement.scrollWidth - window.innerWidth")?.integer
            #expect(overflow ?? 1 <= 0, "\(name)")
            let ground = try browser.value("getComputedStyle(document.body).backgroundColor")?.string
            #expect(ground == (scheme == "dark" ? "rgb(20, 24, 27)" : "rgb(246, 247, 248)"))
            if let directory = getenv("ECRYPTOPAYD_PICTURES").map({ String(cString: $0) }) {
                let folder = try TemporaryDirectory()
                let file = try folder.write(try browser.picture(), to: "picture")
                let result = try await ChildProcess.run(
                    "/bin/sh", ["-c", "base64 -d <\(file) >\(directory)/\(name).png"])
                #expect(result.exit == .code(0), "\(result.errors)")
            }
        }
    }
}
