package import JournalFormat

/// Why the database did not do what it was asked for.
///
/// Whether something asked for may nevertheless have happened is not said here, but by the call that failed.
package struct DatabaseFault: Error, Hashable, Sendable {
    /// What kind of trouble it is, so that whoever asked knows what to do next.
    package enum Kind: Hashable, Sendable {
        /// No server answers, or the connection broke: connect again after a while.
        case unreachable
        /// A server answers, but takes no connection now: too many, starting up, or shutting down.
        case refused
        /// The server takes no writes: a standby, or the former primary after a failover.
        case readOnly
        /// Another transaction was in the way (serialization failure, deadlock): do it again at once.
        case conflict
        /// A lock was not granted in time: do it again.
        case lockTimeout
        /// The server's disk, memory or another resource of it is used up.
        case full
        /// The server does not know the user, or not by this password or certificate.
        case authentication
        /// The server's own certificate is not trusted, or is another host's.
        case certificate
        /// The URL, the database it names, its encoding or the user's privileges are wrong: a person has to correct it.
        case configuration
        /// The tables are not there, or not those that this program knows.
        case schema
        /// The tables are those that this program knows, and do not hold what it has written.
        case damaged
        /// A later version of the program wrote a record that this one cannot read; what to do about it.
        case laterVersion(hint: String)
        /// The ledger is of another account than this node's, as the newest term has it; what to do about it.
        case otherAccount(hint: String)
        /// Another node decides on a ledger that this one is to go on with as a restored one.
        case occupied
        /// The server lacks what this node has seen in the database: a former primary, or a database that was set back.
        case behind
        /// No answer came in time; the connection is closed.
        case deadline
        /// Anything else.
        case failed
    }

    /// What kind of trouble it is.
    package let kind: Kind
    /// What happened, for a log: one line, with the SQLSTATE where the server gave one, and without any secret.
    package let message: String
    /// Whether the message itself tells what to do about it.
    package let hasHint: Bool

    /// Keeps both; `message` must be free of secrets.
    package init(kind: Kind, message: String, hasHint: Bool = false) {
        self.kind = kind
        self.message = message
        self.hasHint = hasHint
    }
}

extension DatabaseFault: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}

extension DatabaseFault {
    /// Whether it does not pass by itself.
    var isLasting: Bool {
        switch kind {
        case .schema, .damaged, .laterVersion, .otherAccount, .occupied: true
        default: false
        }
    }

    /// Why a record cannot be read; `place` names it.
    package init(_ fault: LineFault, in place: String) {
        if case .laterVersion(let later) = fault {
            self.init(kind: .laterVersion(hint: later.hint), message: "\(place): \(later)")
        } else {
            self.init(kind: .damaged, message: "\(place): \(fault)")
        }
    }
}

extension DatabaseFault.Kind {
    /// What to do where the server lacks what was seen.
    package static let hintWhenBehind = """
        if the database was set back to an earlier point on purpose, stop all nodes and start one of them once with "serve --restored" \
        (see ecryptopayd(8)); else connect to the server that has the newest data, or restore what this one lacks from a backup
        """
    /// What to do where another node decides.
    package static let hintWhenOccupied = "stop all other nodes"
}

extension LineFault {
    /// The same with the version of the program that wrote the record, where the line itself does not say; `opened` is asked for
    /// the newest `opened` record before it.
    package func named(by opened: () throws(DatabaseFault) -> [UInt8]?) -> LineFault {
        named {
            guard let line = try? opened(), case .opened(let opened)? = try? Entry(line: line.span).record else {
                return nil
            }
            return opened.version
        }
    }
}
