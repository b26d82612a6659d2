package import HTTP1

extension HTTPServer {
    /// The bounds of a server. Every one of them can be changed while it runs; a time-out that has begun keeps its length.
    package struct Options: Sendable, Hashable {
        /// What one request may be.
        package var limits = Limits()
        /// Beyond that many connections, accepting waits.
        package var maxConnections = 1024
        /// A whole request must have come within that, counted from its first byte, however steadily it drips: else 408.
        /// A connection that sends nothing at all after it was accepted is closed after the same time.
        package var requestTimeout = Duration.seconds(10)
        /// How long a connection may rest between requests.
        package var idleTimeout = Duration.seconds(75)
        /// How long a peer may take to take what is ready for it.
        package var writeTimeout = Duration.seconds(30)
        /// How long to discard what a peer sends after the last answer, while it is to notice the end.
        package var lingerTimeout = Duration.seconds(2)
        /// How many bytes to discard at most, likewise.
        package var lingerBytes = 262_144
        /// The memory, in bytes, that requests under way may take over all connections; a request that would need more is
        /// answered 503. What a connection keeps while idle, some 2 KiB, does not count.
        package var requestMemory = 16 * 1024 * 1024

        /// The defaults.
        package init() {}
    }
}
