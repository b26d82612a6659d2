package import POSIX

/// What came of writing a batch.
package enum BatchResult: Sendable {
    /// All of it is durable.
    case durable
    /// A write failed and was cut back. The records up to this number are durable, the others nowhere.
    case rejected(durable: Int64, SystemError)
    /// A sync failed, or a cut: what is kept behind the last durable record is not known.
    case failed(SystemError)
    /// It may be durable, but the next start would not find it where it was written.
    case moved(Displacement)
    /// Nothing more is to be written here, and what was not durable is nowhere.
    case ended(String)
}
