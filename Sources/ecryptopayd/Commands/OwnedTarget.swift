import Glibc
import JournalStore
import POSIX

/// Whom root acts as in a directory that a journal is copied to, whatever it is copied from.
struct WritingIdentity {
    private let owner: Identity?

    /// Finds whom the directory belongs to, or is going to.
    init(_ path: String) throws {
        // Who did not begin as root acts as nobody else.
        owner = getuid() == 0 ? Self.owner(of: path) : nil
        guard let owner else { return }
        do { try owner.acting {} } catch let error as SystemError { throw CommandFailure(owner, path, error) }
    }

    /// Whom a directory belongs to, or else the one that it is going to be made in.
    static func owner(of path: String) -> Identity? {
        if let owner = try? Identity.owner(of: path) { return owner }
        var parent = path[...]
        while parent.last == "/" { parent.removeLast() }
        while let last = parent.last, last != "/" { parent.removeLast() }
        return try? Identity.owner(of: parent.isEmpty ? "." : String(parent))
    }

    /// Runs something as that user.
    func acting<Value>(_ body: () throws -> Value) throws -> Value {
        guard let owner else { return try body() }
        return try owner.acting(body)
    }
}

/// Writes as whom the directory belongs to: what root made in it, the daemon could not use.
struct OwnedTarget: CopyTarget {
    let target: JournalCopyWriter
    let identity: WritingIdentity

    var content: CopyContent { target.content }

    func begin(journal: String) throws -> Int64 { try identity.acting { try target.begin(journal: journal) } }
    func append(_ records: [CopiedRecord]) throws { try identity.acting { try target.append(records) } }
    func seal() throws { try identity.acting { try target.seal() } }
    func finish() throws { try identity.acting { try target.finish() } }

    func source() throws -> any CopySource {
        try identity.acting { OwnedSource(source: try target.source(), identity: identity) }
    }
}

/// Reads what was written so.
private struct OwnedSource: CopySource {
    var source: any CopySource
    let identity: WritingIdentity

    var journal: String? { source.journal }
    var bytes: Int64 { source.bytes }

    mutating func page(after seq: Int64) throws -> [CopiedRecord] {
        let identity = identity
        return try identity.acting { try source.page(after: seq) }
    }
}
