/// What one connection may ask of the server before it is refused. All sizes are in bytes.
public struct Limits: Sendable, Hashable {
    /// A longer request target is answered 414. RFC 9112 section 3 recommends to take request lines of 8000 octets.
    public var targetBytes = 8000
    /// A longer head (request line and fields) is answered 431.
    public var headBytes = 16384
    /// More field lines, in the head or as trailers, are answered 431.
    public var fields = 64
    /// A longer body, as declared or as it comes in chunks, is answered 413.
    public var bodyBytes = 16384
    /// Chunk extensions that are longer in sum over one request are answered 400.
    public var chunkExtensionBytes = 4096
    /// Trailers that are longer in sum are answered 431.
    public var trailerBytes = 4096
    /// After that many requests the answer says `Connection: close`.
    public var requestsPerConnection = 1_000_000

    /// The defaults.
    public init() {}
}
