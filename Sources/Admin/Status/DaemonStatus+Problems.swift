import Confirming
import ECryptoPay
import JournalFormat
import Ledger
import Runtime

extension DaemonStatus {
    /// What an operator should know about or see to, the worst first, each with what to do; empty when all is well.
    var problems: [String] {
        var problems = unreadiness + (cluster?.problems(now: now) ?? [])
        if let first = damage.first {
            let others = damage.count > 1 ? " (and \(damage.count - 1) more)" : ""
            problems.append(
                """
                the journal is damaged: \(first)\(others); hint: \(hint(first)); "ecryptopayd journal verify" shows all \
                that is wrong (\(isScrubbed ? "the scrub, when it finds the segment whole, or a restart" : "a restart") ends this notice)
                """)
        }
        // What makes it unready says the same already.
        if api.isReachable == false, unreadiness.isEmpty {
            problems.append(
                "the API is not reached: \(api.lastError ?? "no answer"); reports wait meanwhile, and none is lost")
        }
        if oldestWait > Self.patience.nanoseconds, let first = overview.waiting.first {
            problems.append(
                """
                payment \(first.payment.id) has waited for its verdict for \(HumanText.duration(oldestWait)): \
                \(reason(first))
                """)
        }
        if overview.counts.isFull || cluster?.isFull == true {
            problems.append(
                """
                so many payments wait that were never confirmed that reports of others are answered 503, unless their ids are \
                nearer to the highest confirmed one (\(overview.counts.yielded) have yielded to such): see why they are not \
                confirmed, or raise ECRYPTOPAY_MAX_PENDING
                """)
        }
        if overview.setAside > 0 {
            problems.append(
                """
                payments set aside as unknown for too long: \(overview.setAside); have them looked at again with \
                "ecryptopayd reconcile"
                """)
        }
        problems += overview.endpoints.compactMap(failure)
        if let undelivered = overview.undelivered { problems.append(loss(undelivered)) }
        for endpoint in overview.endpoints where endpoint.isStopped {
            problems.append(
                """
                \(endpoint.name) answered 410 Gone and gets nothing more, \(endpoint.waiting) deliveries wait for it: remove it \
                from ECRYPTOPAY_FORWARD_URLS, or reload the configuration if it is to go on
                """)
        }
        if let room = journal.room, room.freeBytes < room.minimumFreeBytes * 2, unreadiness.isEmpty {
            problems.append(
                """
                the disk has \(HumanText.bytes(room.freeBytes)) free, and below \
                \(HumanText.bytes(room.minimumFreeBytes)) webhooks are answered 503: make room
                """)
        }
        if overview.counts.unannouncedInARow >= 3 {
            problems.append(
                """
                webhooks seem not to arrive: the last \(overview.counts.unannouncedInARow) changes were found by reconciling \
                only; see whether the registered URL leads here, and ask ecryptopay's support
                """)
        }
        return problems
    }

    private var isScrubbed: Bool { journal.scrub.map { $0.round > .zero } ?? false }

    /// What to do about damage, with the backup that has what is lost, as far as anybody knows.
    private func hint(_ damage: Damage) -> String {
        guard let backup = overview.lastBackup, damage.lost.map({ $0.upperBound <= backup.seq }) ?? true,
            damage.mend.hasSuffix(" from a backup")
        else { return damage.hint }
        let place =
            " (the last one, of \(HumanText.time(backup.time)), is \(ReadableText.line(backup.directory, limit: 100)))"
        return damage.mend + place + damage.hint.dropFirst(damage.mend.count)
    }

    /// What to say of an endpoint that takes nothing of what waits for it, and has not for a while.
    private func failure(_ endpoint: EndpointStatus) -> String? {
        guard let failing = endpoint.failing, !endpoint.isStopped, endpoint.waiting > 0,
            now - failing.since > Self.patience.nanoseconds
        else { return nil }
        return """
            \(endpoint.name) has taken no delivery for \(HumanText.duration(now - failing.since)), \(endpoint.waiting) wait for \
            it: \(failing.error); mend it, and they are sent again by themselves, later and later, or at once with \
            "ecryptopayd replay"
            """
    }

    private func loss(_ undelivered: UndeliveredRecords) -> String {
        // It selects from that very moment on, and this is cut to the second before.
        let since = overview.undeliveredSince.map { HumanText.time($0) } ?? "TIME"
        return """
            undeliverable since the start of the daemon, and not delivered since: \(undelivered.count); see to the shop's \
            endpoints, then run "ecryptopayd replay --since \(since)" (a restart ends this notice, and delivers nothing)
            """
    }
}
