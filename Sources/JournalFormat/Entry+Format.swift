extension Entry {
    /// Throws when the record announces a journal of another format: what follows it cannot be judged by this version.
    package func requireKnownFormat() throws(LineFault) {
        if case .opened(let opened) = record, opened.format != RecordCodec.format {
            throw .content(
                """
                it announces format \(opened.format), and this version of ecryptopayd reads format \(RecordCodec.format) only
                """)
        }
    }
}
