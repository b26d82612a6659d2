/// Takes the body of a 2xx answer as it comes, so that a large one need never be in memory as a whole.
///
/// Called on the transport's threads, for one chunk after the other. What it was given is worth nothing before the request
/// has ended without a fault: an answer may break off anywhere.
package protocol AnswerSink: AnyObject, Sendable {
    /// Takes the next bytes, decompressed; false ends the transfer.
    func receive(_ chunk: Span<UInt8>) -> Bool
}
