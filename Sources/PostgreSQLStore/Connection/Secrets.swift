#if PostgreSQL
    /// What must not show in any message, and the blanking of it.
    struct Secrets: Hashable, Sendable {
        /// Longest first, so that a secret that holds another goes as a whole.
        private let values: [String]

        /// Takes the secrets in every spelling that may show; empty ones are none.
        init(_ values: some Sequence<String>) {
            self.values = Set(values).filter { !$0.isEmpty }.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
        }

        /// The text with `***` in the place of each secret.
        func redact(_ text: String) -> String {
            var bytes = Array(text.utf8)
            for value in values { bytes.replace(Array(value.utf8), with: "***".utf8) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
#endif
