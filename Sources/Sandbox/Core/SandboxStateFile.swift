import CivilTime
import Glibc
import JSON
import Payments
import POSIX

/// Payments kept in a file between runs: one JSON object, replaced whole.
struct SandboxStateFile {
    let path: String

    /// What the file holds; nothing when there is none yet.
    func load() throws(SandboxError) -> [SandboxPayment] {
        let bytes: [UInt8]
        do { bytes = try FileCalls.read(path, limit: 64 << 20) } catch {
            if error.errno == ENOENT { return [] }
            throw SandboxError("the state file cannot be read: \(error)")
        }
        guard let list = (try? JSONValue(parsing: bytes))?["payments"]?.array else {
            throw SandboxError("\(path) is no state file of a sandbox: name another one, or remove it")
        }
        var payments: [SandboxPayment] = []
        for (index, element) in list.enumerated() {
            guard let payment = Self.payment(element) else {
                throw SandboxError("\(path): payment number \(index + 1) cannot be read: mend it, or remove the file")
            }
            payments.append(payment)
        }
        return payments
    }

    /// Writes beside the file, then puts the new one in its place: a reader sees the old or the new, never half.
    func save(_ payments: some Collection<SandboxPayment>) throws(SystemError) {
        let list = payments.sorted { $0.id < $1.id }.map(Self.json)
        let text = JSONValue.dictionary(["payments": .array(list)]).serialized() + Array("\n".utf8)
        let slash = path.lastIndex(of: "/")
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let directory = try FileCalls.openDirectory(slash.map { String(path[...$0]) } ?? ".")
        defer { FileCalls.close(directory) }
        let file = try FileCalls.openat(directory, name + ".new", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        defer { FileCalls.close(file) }
        var written = 0
        while written < text.count { written += try FileCalls.pwrite(file, text[written...], at: Int64(written)) }
        // Without the first sync a power cut may leave an empty file under the name; without the second, the old one.
        try FileCalls.fdatasync(file)
        try FileCalls.renameat(directory, name + ".new", name)
        try FileCalls.fsync(directory)
    }

    private static func json(_ payment: SandboxPayment) -> JSONValue {
        let versions = payment.versions.map { version -> JSONValue in
            .dictionary([
                "state": .string(version.state),
                "since": .string(UTCTime(nanoseconds: version.since).iso8601(fractionDigits: 9)),
            ])
        }
        return .dictionary([
            "id": .integer(payment.id), "amount": .string("\(payment.amount)"), "currency": .string(payment.currency),
            "versions": .array(versions),
        ])
    }

    private static func payment(_ json: JSONValue) -> SandboxPayment? {
        let versions = json["versions"]?.array?.compactMap { element -> SandboxPayment.Version? in
            guard let state = element["state"]?.string, let since = element["since"]?.string.flatMap({ Timestamp($0) })
            else { return nil }
            return SandboxPayment.Version(state: state, since: since.nanoseconds)
        }
        guard let id = json["id"]?.integer, id > 0, let amount = json["amount"]?.string.flatMap({ Amount($0) }),
            let currency = json["currency"]?.string, let versions, !versions.isEmpty,
            versions.count == json["versions"]?.array?.count
        else { return nil }
        return SandboxPayment(id: id, amount: amount, currency: currency, versions: versions)
    }
}
