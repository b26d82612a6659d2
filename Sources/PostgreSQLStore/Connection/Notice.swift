#if PostgreSQL
    import CPostgreSQL

    /// Something that the server says beside its answers.
    struct Notice: Hashable, Sendable {
        /// `WARNING`, `NOTICE`, and for what ends an idle connection `FATAL`; never translated.
        let severity: String
        /// The SQLSTATE, five characters.
        let code: String
        let message: String

        var isWarning: Bool { severity == "WARNING" }
        /// Whether it ends the connection, or a statement.
        var isError: Bool { ["ERROR", "FATAL", "PANIC"].contains(severity) }

        /// Reads a result that holds an error or a notice.
        init(_ result: OpaquePointer, _ secrets: Secrets) {
            func field(_ value: UnsafePointer<CChar>?) -> String? { value.map { String(cString: $0) } }
            severity = field(cpostgresql_severity(result)) ?? ""
            code = field(cpostgresql_sqlstate(result)) ?? ""
            // libpq's own errors have no fields, but a text of several lines of which the first says it.
            let text = field(cpostgresql_message(result)) ?? field(PQresultErrorMessage(result)) ?? ""
            message = secrets.redact(text.firstLine)
        }
    }

    /// Gathers a connection's notices, as libpq calls for each while it reads.
    final class NoticeBox {
        private let secrets: Secrets
        private(set) var notices: [Notice] = []

        init(_ secrets: Secrets) { self.secrets = secrets }

        /// Has libpq call this box, which must live as long as the connection.
        func attach(to connection: OpaquePointer) {
            PQsetNoticeReceiver(
                connection,
                { context, result in
                    guard let context, let result else { return }
                    Unmanaged<NoticeBox>.fromOpaque(context).takeUnretainedValue().add(result)
                }, Unmanaged.passUnretained(self).toOpaque())
        }

        /// What has come since it was last asked.
        func take() -> [Notice] {
            defer { notices = [] }
            return notices
        }

        private func add(_ result: OpaquePointer) { notices.append(Notice(result, secrets)) }
    }

    extension String {
        /// Up to the first line's end.
        var firstLine: String { String(prefix { !$0.isNewline }) }
    }
#endif
