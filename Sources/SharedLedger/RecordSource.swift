public import Payments

/// Reads records of a shared ledger by a connection of its own: nothing of it waits for a turn.
///
/// What it does not show was pruned: a server that lacks the last record that is asked for, since another has taken its place,
/// is not listened to, but a fault thrown.
public protocol RecordSource: Sendable {
    /// The records with these numbers, in their order; those that are gone are left out.
    func records(_ seqs: [Int64]) async throws(DatabaseFault) -> [StoredRecord]

    /// The `confirmed` records that were news and are selected, up to `seq`, in their order: their payments and numbers, since they
    /// may be all that there are.
    func news(
        _ selection: Redelivery, upTo seq: Int64
    ) async throws(DatabaseFault) -> [(payment: PaymentID, seq: Int64)]

    /// The records behind `seq` and up to `last`, in their order, until their lines have so many bytes; at least one, if there
    /// is any. Blocks.
    func page(after seq: Int64, upTo last: Int64, atMost bytes: Int) throws(DatabaseFault) -> [StoredRecord]

    /// The number of the first record that was written at or after a time in nanoseconds since 1970; nil when there is none, up
    /// to `last` at least. Blocks.
    func first(since time: Int64, upTo last: Int64) throws(DatabaseFault) -> Int64?
}
