package import Ledger
package import Payments

/// What the nodes of a shared ledger ask of their database.
///
/// Every call blocks the caller's thread, within a bound. Accepting, deciding, watching, reading and maintenance each have a
/// connection of their own, and each is used by one caller at a time; a connection that broke is made anew by the next call. A new connection
/// is refused with ``DatabaseFault/Kind/behind`` when its server lacks what ``proof`` says that this node has seen there: a former
/// primary, or a database that was set back.
///
/// After a fault it is not known whether what was asked for has happened, unless the call says so.
package protocol LedgerDatabase: Sendable {
    /// What every server that is connected to must have.
    var proof: ServerProof { get }

    /// Makes the tables, or brings them to this program's version, and makes the ledger with that id if there is none.
    func prepare(journal: String) throws(DatabaseFault) -> LedgerIdentity

    /// Calls `body` for every notification of another node's, on any thread. Where there are none, polling has to do. A second call replaces
    /// the first one's `body`; nil ends it.
    func listen(_ body: (@Sendable (LedgerNotification) -> Void)?)

    // MARK: Accepting

    /// Inserts reports of one node, with numbers one after the other, into the inbox and commits. With `knownOnly`, reports of
    /// payments that were never confirmed are left out; their numbers are returned. Other nodes are notified if `notifies`.
    ///
    /// Throws also when the server warns of a commit: then it may not be durable. The caller inserts the same again under new numbers, and
    /// whoever decides finds some reports twice.
    func accept(
        _ reports: [InboxReport], knownOnly: Bool, notifies: Bool
    ) throws(DatabaseFault) -> Set<Int64>

    /// The number of the oldest report of a node, from `number` on, that is still in the inbox; nil when there is none.
    func oldestReport(of node: Int64, from number: Int64) throws(DatabaseFault) -> Int64?

    // MARK: Watching

    /// Writes the node's own row, if `writes`, and reads how the ledger stands.
    func watch(_ node: NodeRow, writes: Bool) throws(DatabaseFault) -> LedgerStanding

    /// Removes the node's own row.
    func leave(_ node: Int64) throws(DatabaseFault)

    // MARK: Deciding

    /// Takes the lease with the next epoch, if nobody has it, if it has run out, or if the node has it itself; nil when another
    /// node has it. Waits until whatever was written in an earlier epoch has been committed, or cannot be any more.
    func takeLease(_ claim: LeaseClaim) throws(DatabaseFault) -> LeaseGrant?

    /// Lets the lease run anew, and tells the other nodes how far the ledger is durable, and whether it takes only reports of known
    /// payments. False when another epoch has begun.
    func renewLease(_ claim: LeaseClaim, durable: Int64, isFull: Bool) throws(DatabaseFault) -> Bool

    /// Ends the lease now, and notifies the other nodes.
    func releaseLease(epoch: Int64, durable: Int64) throws(DatabaseFault)

    /// The oldest reports of each node behind the numbers that are given; of a node without one, all. At most `count` of each node.
    func inbox(behind numbers: [Int64: Int64], atMost count: Int) throws(DatabaseFault) -> [InboxReport]

    /// Reports that are in the inbox, whoever they are of: those too that ``inbox(behind:atMost:)`` passes over.
    func wholeInbox(atMost count: Int) throws(DatabaseFault) -> [InboxReport]

    /// Writes records, removes from the inbox what they were made of, and commits, all or nothing. False, and nothing is written, when another
    /// epoch has begun. Throws also when the server warns of the commit.
    func append(_ batch: LedgerBatch, epoch: Int64) throws(DatabaseFault) -> Bool

    /// Notifies the nodes that follow the records that those up to one are durable; `head` tells its line from others.
    func announce(durable: Int64, head: [UInt8]) throws(DatabaseFault)

    // MARK: Reading

    /// The records with these numbers, in their order; those that are gone are left out.
    func records(_ seqs: [Int64]) throws(DatabaseFault) -> [StoredRecord]

    /// The records behind `seq` and up to `last`, in their order, until their lines have so many bytes; at least one, if there is any.
    func page(after seq: Int64, upTo last: Int64, atMost bytes: Int) throws(DatabaseFault) -> [StoredRecord]

    /// The number of the first record that was written at or after a time in nanoseconds since 1970, up to `last`; nil when there is none.
    func first(since time: Int64, upTo last: Int64) throws(DatabaseFault) -> Int64?

    /// The line of the newest `opened` record before one; nil when there is none.
    func opened(before seq: Int64) throws(DatabaseFault) -> [UInt8]?

    /// The `confirmed` records that were news and are selected, up to `seq`, in their order.
    func changes(_ selection: Redelivery, upTo seq: Int64) throws(DatabaseFault) -> [(payment: PaymentID, seq: Int64)]

    // MARK: Maintenance

    /// The newest checkpoint; nil when there is none.
    func checkpoint() throws(DatabaseFault) -> StoredCheckpoint?

    /// Puts a checkpoint in the place of the one before. False when another epoch has begun.
    func save(_ checkpoint: StoredCheckpoint, epoch: Int64) throws(DatabaseFault) -> Bool

    /// How many bytes the records behind one and up to another have, their newlines included, and how many of them begin a segment.
    func size(after seq: Int64, upTo last: Int64) throws(DatabaseFault) -> (bytes: Int64, segments: Int64)

    /// What may be dropped of records that are older than a time and stand before `limit`; nil when nothing may. It ends before an `opened`
    /// record, and never with the last segment.
    func old(before time: Int64, limit: Int64) throws(DatabaseFault) -> OldRecords?

    /// Of the records behind `seq` and before `end` those that say what is known, `confirmed` and `known`, and `baseline`, in their
    /// order: so many at the most.
    func knowledge(after seq: Int64, before end: Int64, atMost count: Int) throws(DatabaseFault) -> [StoredRecord]

    /// Drops the records before `end`. False when another epoch has begun.
    func drop(before end: Int64, epoch: Int64) throws(DatabaseFault) -> Bool

    // MARK: Commands for the node that decides

    /// Leaves a command, and notifies the other nodes; returns its number.
    func ask(_ command: String, of node: Int64) throws(DatabaseFault) -> Int64

    /// The answer to a command; nil while there is none.
    func answer(to command: Int64) throws(DatabaseFault) -> String?

    /// Removes a command, answered or not.
    func withdraw(_ command: Int64) throws(DatabaseFault)

    /// Takes the commands that nobody has taken and that are not older than ``StoredCommand/lifetime``, and removes those that
    /// are far older. Nil when another epoch has begun.
    func takeCommands(epoch: Int64) throws(DatabaseFault) -> [StoredCommand]?

    /// Answers a command, and notifies the other nodes.
    func answer(_ command: Int64, with text: String) throws(DatabaseFault)
}
