/// Why a request is refused. It carries its own status, so that there is no table of faults elsewhere.
///
/// Every such refusal ends the connection: after it, nobody can say where the next request would begin.
public struct RequestError: Error, Hashable, Sendable {
    /// The status to answer with.
    public let status: Int
    /// One sentence for the sender, made of no byte that the sender sent.
    public let detail: String

    /// An error of a status and a sentence.
    public init(_ status: Int, _ detail: String) {
        self.status = status
        self.detail = detail
    }
}
