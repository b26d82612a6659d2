#if PostgreSQL
    import JSON
    import Testing
    import TestSupport

    /// What the journal of a ledger tells that senders have filled (``WebhookSenders``).
    struct LedgerStory {
        var seqs: [Int64] = []
        /// How often each attempt's report is there.
        var received: [Int: Int] = [:]
        /// The API's word on each payment, one after the other.
        var confirmations: [(payment: Int64, state: String)] = []
        var last: [Int64: String] = [:]
        /// Reports that no record settles.
        var unsettled: Set<Int64> = []
        /// Records that are to be delivered.
        var news: Set<Int64> = []
        /// The same of each payment, in their order.
        var newsOf: [Int64: [Int64]] = [:]
        var confirmedForgeries = 0
        private var forged: Set<Int64> = []

        init(_ database: LedgerDatabaseUnderTest) throws {
            for line in try database.lines() { try add(JSONValue(parsing: line)) }
        }

        private mutating func add(_ record: JSONValue) throws {
            let seq = try #require(record["seq"]?.integer)
            seqs.append(seq)
            let settled = Set((record["of"]?.array ?? []).compactMap(\.integer) + [record["of"]?.integer ?? 0])
            switch record["kind"]?.string {
            case "received":
                if let attempt = record["report"]?["attempt"]?.integer { received[Int(attempt), default: 0] += 1 }
                unsettled.insert(seq)
                if record["report"]?["amount"]?.string == "9999.0" { forged.insert(seq) }
            case "confirmed":
                let payment = try #require(record["payment"]?.integer)
                let state = record["current"]?["state"]?.string ?? ""
                confirmations.append((payment, state))
                last[payment] = state
                unsettled.subtract(settled)
                if !forged.isDisjoint(with: settled) { confirmedForgeries += 1 }
                if record["news"] == .bool(true), record["cause"]?.string != "baseline" {
                    news.insert(seq)
                    newsOf[payment, default: []].append(seq)
                }
            case "refuted": unsettled.subtract(settled)
            default: break
            }
        }

        /// The numbers have no gap.
        func expectNoGap() { #expect(seqs == Array(1...Int64(max(1, seqs.count)))) }

        /// What was answered 200 is there, or an answer of the API has told what it says. One whose answer was lost may be there twice.
        func expectReports(_ attempts: [WebhookSenders.Attempt]) {
            let there = attempts.filter { received[$0.number] != nil }
            for attempt in attempts where attempt.status == 200 && received[attempt.number] == nil {
                let isCovered = there.contains {
                    ($0.payment, $0.state, $0.isForged) == (attempt.payment, attempt.state, attempt.isForged)
                }
                let isKnown =
                    !attempt.isForged
                    && confirmations.contains { $0.payment == attempt.payment && $0.state == attempt.state }
                #expect(isCovered || isKnown, "report \(attempt) is not there")
            }
        }

        /// Each piece of news has arrived, and that of one payment first in its order, whatever arrived again.
        func expectDeliveries(to shop: ShopServer) {
            var seen: [Int64: [Int64]] = [:]
            var last: [Int64: Int64] = [:]
            for (payment, seq) in shop.told {
                if !seen[payment, default: []].contains(seq) { seen[payment, default: []].append(seq) }
                last[payment] = seq
            }
            for (payment, seqs) in seen {
                #expect(seqs == seqs.sorted(), "payment \(payment)")
                #expect(last[payment] == seqs.max(), "payment \(payment) ends with old news")
            }
            #expect(news == shop.seqs)
        }
    }

    extension ShopServer {
        /// The payment and the record of each delivery, in the order in which they came.
        var told: [(payment: Int64, seq: Int64)] {
            deliveries.compactMap { delivery in
                guard let body = try? JSONValue(parsing: Array(delivery.body.utf8)),
                    let payment = body["data"]?["id"]?.integer, let seq = body["seq"]?.integer
                else { return nil }
                return (payment, seq)
            }
        }

        var seqs: Set<Int64> { Set(told.map(\.seq)) }
    }
#endif
