#if PostgreSQL
    import SharedLedger

    extension DatabaseFault.Kind {
        /// What an SQLSTATE means for a ledger (PostgreSQL's manual, appendix A).
        init(sqlState code: String) {
            self =
                switch code {
                case "08P01": .failed
                case "25006": .readOnly
                // The session was ended for being idle.
                case "25P03", "57P05": .unreachable
                case "40001", "40P01": .conflict
                case "55P03": .lockTimeout
                case "53300", "57P01", "57P02", "57P03": .refused
                case "3D000", "42501", "0P000", "22P05": .configuration
                // A prepared statement that is there already, or is gone.
                case "42P05", "26000": .configuration
                case "3F000", "42P01", "42703", "42883": .schema
                default:
                    switch code.prefix(2) {
                    case "08": .unreachable
                    case "28": .authentication
                    case "53": .full
                    default: .failed
                    }
                }
        }
    }

    extension DatabaseFault {
        /// What to do about a pooler that gives each transaction another session.
        static let poolerHint = """
            a connection pooler in transaction mode stands in between; connect to the server itself, or use the pooler's session mode
            """

        /// What the server said, or libpq about it.
        init(_ notice: Notice) {
            guard !notice.code.isEmpty else {
                self.init(kind: .unreachable, message: notice.message.isEmpty ? "no connection" : notice.message)
                return
            }
            let hint = ["42P05", "26000"].contains(notice.code) ? ": \(Self.poolerHint)" : ""
            self.init(kind: Kind(sqlState: notice.code), message: "\(notice.message) (SQLSTATE \(notice.code))\(hint)")
        }
    }
#endif
