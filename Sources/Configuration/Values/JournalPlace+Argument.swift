extension JournalPlace {
    /// Why a word of a command line names no place; holds nothing secret of it.
    package struct ArgumentFault: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong, and what to write.
        package let description: String
    }

    /// Reads a word of a command line: the path of a directory, or a database's URL. One with a password is refused, since every
    /// user of the machine sees command lines.
    package init(argument text: String) throws(ArgumentFault) {
        guard Redaction.isDue(text) else {
            guard !text.isEmpty else { throw ArgumentFault(description: "is empty; write the path of a directory") }
            self = .directory(text)
            return
        }
        do {
            self = try Self.parse(text)
        } catch {
            throw ArgumentFault(description: error.sentence(value: text, hidden: true) + "; " + error.hint)
        }
        guard !holdsSecret else {
            throw ArgumentFault(
                description: """
                    holds a password, which every user of this machine can see on a command line: write the URL without it and give \
                    the password in the file that PGPASSFILE names, or write "configured" for ECRYPTOPAY_JOURNAL
                    """)
        }
    }
}
