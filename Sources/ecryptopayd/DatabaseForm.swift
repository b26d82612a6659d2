import Configuration

/// The ledger in a database that speaks PostgreSQL's protocol.
enum DatabaseForm {
    /// Why it cannot be had in this build.
    static func absence(_ url: DatabaseURL) -> CommandFailure {
        CommandFailure(
            .configuration,
            """
            ECRYPTOPAY_JOURNAL=\(url): this build has no PostgreSQL. Install the package, or build with "--traits PostgreSQL", or \
            write the path of a directory
            """)
    }
}
