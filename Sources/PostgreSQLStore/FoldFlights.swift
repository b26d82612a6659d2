#if PostgreSQL
    import Payments
    import SharedLedger

    /// The flights that put rows in the place of what the tables say of their payments.
    struct FoldFlights: Sequence, IteratorProtocol {
        private let rows: LedgerRows
        private let payments: [PaymentID]
        /// Which kind of work comes next, and where in it.
        private var stage = 0
        private var start = 0
        private let waitingPlaces: [Int64]
        private let deliveryPlaces: [Int64]

        init(_ rows: LedgerRows, _ payments: [PaymentID]) {
            self.rows = rows
            self.payments = payments
            waitingPlaces = Self.places(rows.waiting.map(\.payment))
            deliveryPlaces = Self.places(rows.deliveries.map(\.payment))
        }

        /// Counts the rows of each payment.
        private static func places(_ payments: [PaymentID]) -> [Int64] {
            var counts: [PaymentID: Int64] = [:]
            return payments.map { payment in
                defer { counts[payment, default: 0] += 1 }
                return counts[payment, default: 0]
            }
        }

        mutating func next() -> Flight? {
            let counts = [
                payments.count, rows.known.count, rows.waiting.count, rows.deliveries.count, 1,
            ]
            while stage < counts.count, start >= counts[stage] {
                stage += 1
                start = 0
            }
            guard stage < counts.count else { return nil }
            let range = start..<Swift.min(start + PostgreSQLKeeper.chunk, counts[stage])
            start = range.upperBound
            return switch stage {
            case 0: removal(payments[range])
            case 1: known(rows.known[range])
            case 2: waiting(rows.waiting[range], waitingPlaces[range])
            case 3: deliveries(rows.deliveries[range], deliveryPlaces[range])
            default: endpoints
            }
        }

        private func removal(_ payments: ArraySlice<PaymentID>) -> Flight {
            var flight = Flight()
            for statement in Self.removals { flight.add(statement, .int8s(payments)) }
            return flight
        }

        private func known(_ known: ArraySlice<LedgerRows.Known>) -> Flight {
            Flight(
                Self.addKnown, .int8s(known.map(\.payment)), .int8s(known.map(\.seq)), .int8s(known.map(\.fingerprint)),
                .int8s(known.map(\.updatedAt)))
        }

        private func waiting(_ waiting: ArraySlice<LedgerRows.Waiting>, _ places: ArraySlice<Int64>) -> Flight {
            Flight(
                Self.addPending, .int8s(waiting.map(\.payment)), .int8s(places), .int8s(waiting.map(\.seq)),
                .int8s(waiting.map(\.fingerprint)), .bools(waiting.map(\.isAside)))
        }

        private func deliveries(_ deliveries: ArraySlice<LedgerRows.Delivery>, _ places: ArraySlice<Int64>) -> Flight {
            Flight(
                Self.addDeliveries, .int8s(deliveries.map(\.payment)), .int8s(places),
                .texts(deliveries.map(\.endpoint)), .int8s(deliveries.map(\.seq)))
        }

        private var endpoints: Flight {
            var flight = Flight(Self.removeEndpoints)
            flight.add(
                Self.addEndpoints, .int8s(rows.endpoints.indices.map(Int64.init)), .texts(rows.endpoints.map(\.name)),
                .int8s(rows.endpoints.map(\.since)), .bools(rows.endpoints.map(\.isConfigured)))
            return flight
        }

        private static let removals = ["known", "pending", "deliveries"].map { table in
            Statement("remove_\(table)", "DELETE FROM ecryptopayd.\(table) WHERE payment = ANY ($1)", .int8s)
        }
        private static let addKnown = Statement(
            "add_known",
            """
            INSERT INTO ecryptopayd.known (payment, seq, fingerprint, updated_at) \
            SELECT unnest($1), unnest($2), unnest($3), unnest($4)
            """, .int8s, .int8s, .int8s, .int8s)
        private static let addPending = Statement(
            "add_pending",
            """
            INSERT INTO ecryptopayd.pending (payment, place, seq, fingerprint, aside) \
            SELECT unnest($1), unnest($2), unnest($3), unnest($4), unnest($5)
            """, .int8s, .int8s, .int8s, .int8s, .bools)
        private static let addDeliveries = Statement(
            "add_deliveries",
            """
            INSERT INTO ecryptopayd.deliveries (payment, place, endpoint, seq) \
            SELECT unnest($1), unnest($2), unnest($3), unnest($4)
            """, .int8s, .int8s, .texts, .int8s)
        private static let removeEndpoints = Statement("remove_endpoints", "DELETE FROM ecryptopayd.endpoints")
        private static let addEndpoints = Statement(
            "add_endpoints",
            """
            INSERT INTO ecryptopayd.endpoints (place, name, since, configured) \
            SELECT unnest($1), unnest($2), unnest($3), unnest($4)
            """, .int8s, .texts, .int8s, .bools)
    }
#endif
