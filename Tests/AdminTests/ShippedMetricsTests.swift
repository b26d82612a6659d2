import Confirming
import JSON
import Ledger
import LedgerDoubles
import Testing
import TestSupport

@testable import Admin

/// What `deploy/` has for Prometheus and Grafana, beside the metrics that there are.
struct ShippedMetricsTests {
    private func shipped(_ name: String) throws -> String {
        String(decoding: try readFile("\(repository)/deploy/\(name)"), as: UTF8.self)
    }

    @Test func `the alert rules are valid and fire when they should`() async throws {
        let rules = "\(repository)/deploy/prometheus"
        for arguments in [
            ["check", "rules", "\(rules)/ecryptopayd.rules.yml"],
            ["test", "rules", "\(rules)/ecryptopayd.rules.test.yml"],
        ] {
            let result = try await ChildProcess.run("/usr/bin/promtool", arguments)
            #expect(result.exit == .code(0), "\(result.output)\(result.errors)")
        }
    }

    @Test(arguments: [true, false])
    func `every metric that the rules and the dashboard name is there`(hasRoom: Bool) throws {
        let status = DaemonStatus.test(
            room: hasRoom ? .init(freeBytes: 1, minimumFreeBytes: 0) : nil,
            calls: MeasuredAPI(ScriptedPayments { ScriptedPayments.paid($0) }).figures, lastAt: 1)
        let text = String(decoding: MetricsAnswer.text(status), as: UTF8.self)
        let dashboard = try shipped("grafana/ecryptopayd.json")
        _ = try JSONValue(parsing: Array(dashboard.utf8))
        let names = (try shipped("prometheus/ecryptopayd.rules.yml") + dashboard).matches(of: /ecryptopayd_[a-z_]+/)
            .map { String($0.output) }
        #expect(names.count > 30)
        // How a database's disk stands nobody knows.
        let absent =
            hasRoom
            ? []
            : [
                "ecryptopayd_disk_free_bytes", "ecryptopayd_disk_free_minimum_bytes",
                "ecryptopayd_journal_write_failures_total", "ecryptopayd_journal_last_backup_timestamp_seconds",
                "ecryptopayd_journal_scrub_round_seconds", "ecryptopayd_journal_scrub_round_start_timestamp_seconds",
                "ecryptopayd_journal_scrub_last_complete_timestamp_seconds",
            ]
        for name in Set(names).subtracting(absent) {
            #expect(text.contains("\n\(name)") || text.contains("# TYPE \(name) "), "\(name)")
        }
    }
}
