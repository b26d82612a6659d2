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

        /// Whether an error of this code leaves open what became of the statement, although the server has answered.
        static func isUndecided(_ code: String) -> Bool { code == "40003" || code == "08007" }
    }

    extension DatabaseFault {
        /// What the server said, or libpq about it.
        init(_ notice: Notice) {
            guard !notice.code.isEmpty else {
                self.init(kind: .unreachable, message: notice.message.isEmpty ? "no connection" : notice.message)
                return
            }
            self.init(kind: Kind(sqlState: notice.code), message: "\(notice.message) (SQLSTATE \(notice.code))")
        }
    }
#endif
