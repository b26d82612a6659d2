/// What becomes of a valid report, decided before anything is written.
package enum Admission: Hashable, Sendable {
    /// It is to be journaled.
    case journal
    /// Reports of its payment up to this record cover it: one that says the same, or sixteen others, whose re-fetch has not
    /// begun. It may be acknowledged once they are durable.
    case coalesced(by: Int64)
    /// The API's last confirmed answer says exactly what it says: nothing is left to find out.
    case known
    /// Too many payments that were never confirmed wait already.
    case full
}
