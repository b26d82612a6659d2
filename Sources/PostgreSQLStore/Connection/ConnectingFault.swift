#if PostgreSQL
    import SharedLedger

    /// Reads libpq's message about a connection that did not come about.
    ///
    /// There is no result to ask, only a text such as `connection to server at "db1", port 5432 failed: FATAL:  28P01: password
    /// authentication failed for user "x"`, with the SQLSTATE if the server spoke.
    enum ConnectingFault {
        static func read(_ text: String, _ secrets: Secrets) -> DatabaseFault {
            // The lines behind the first say where in the server's source it was.
            let line = secrets.redact(text.firstLine)
            let message = withoutPlace(line)
            if let code = sqlState(line) { return DatabaseFault(kind: .init(sqlState: code), message: message) }
            return DatabaseFault(kind: kind(line), message: message.isEmpty ? "no connection" : message)
        }

        /// The five characters between `SEVERITY:  ` (a word of the server's language) and `: `.
        private static func sqlState(_ line: String) -> String? {
            let bytes = Array(line.utf8)
            let separator = Array(":  ".utf8)
            for index in bytes.indices where bytes[index...].starts(with: separator) {
                let code = bytes[(index + 3)...].prefix(5)
                let isCode = code.count == 5 && code.allSatisfy { 48...57 ~= $0 || 65...90 ~= $0 }
                if isCode, bytes[(index + 8)...].starts(with: ": ".utf8) {
                    return String(decoding: code, as: UTF8.self)
                }
            }
            return nil
        }

        /// The attempt is named by whoever reports it.
        private static func withoutPlace(_ line: String) -> String {
            guard line.hasPrefix("connection to server "), let end = line.firstRange(of: " failed: ") else {
                return line
            }
            return String(line[end.upperBound...])
        }

        /// libpq's own words, which are not translated, since the program sets no locale.
        private static func kind(_ line: String) -> DatabaseFault.Kind {
            let words: [(String, DatabaseFault.Kind)] = [
                ("session is read-only", .readOnly), ("server is in hot standby mode", .readOnly),
                ("no password supplied", .authentication), ("certificate verify failed", .certificate),
                ("server certificate for", .certificate), ("server does not support SSL", .configuration),
                ("root certificate file", .configuration), ("could not read certificate file", .configuration),
                ("could not load private key file", .configuration),
                ("could not read root certificate", .configuration),
                ("invalid", .configuration),
            ]
            return words.first { line.firstRange(of: $0.0) != nil }?.1 ?? .unreachable
        }
    }

    extension StringProtocol {
        /// Where `text` begins and ends in it first.
        fileprivate func firstRange(of text: String) -> Range<Index>? {
            let wanted = Array(text.utf8)
            var start = startIndex
            while start < endIndex {
                if self[start...].utf8.starts(with: wanted) {
                    return start..<utf8.index(start, offsetBy: wanted.count)
                }
                start = index(after: start)
            }
            return nil
        }
    }
#endif
