import JSON
import Ledger
import Payments

/// What an operator may ask of the node that decides, on whichever node he asks.
enum Command: Hashable, Sendable {
    /// List all payments.
    case reconcile
    /// Fetch one.
    case confirm(PaymentID)
    /// Deliver again, or only count.
    case replay(Redelivery, dryRun: Bool)

    /// As it is handed over.
    var text: String {
        let value: JSONValue =
            switch self {
            case .reconcile: .dictionary(["reconcile": .null])
            case .confirm(let id): .dictionary(["reconcile": .integer(id)])
            case .replay(.record(let seq), let dryRun): .dictionary(["seq": .integer(seq), "dry_run": .bool(dryRun)])
            case .replay(.payment(let id), let dryRun):
                .dictionary(["payment": .integer(id), "dry_run": .bool(dryRun)])
            case .replay(.since(let time), let dryRun):
                .dictionary(["since": .integer(time), "dry_run": .bool(dryRun)])
            }
        return String(decoding: value.serialized(), as: UTF8.self)
    }

    /// Nil for what a later version may have written.
    init?(_ text: String) {
        guard let value = try? JSONValue(parsing: Array(text.utf8)) else { return nil }
        let dryRun = value["dry_run"]?.bool ?? false
        if let reconciled = value["reconcile"] {
            self = reconciled.integer.map { .confirm($0) } ?? .reconcile
        } else if let seq = value["seq"]?.integer {
            self = .replay(.record(seq), dryRun: dryRun)
        } else if let id = value["payment"]?.integer {
            self = .replay(.payment(id), dryRun: dryRun)
        } else if let time = value["since"]?.integer {
            self = .replay(.since(time), dryRun: dryRun)
        } else {
            return nil
        }
    }
}

/// What came of a command.
enum CommandAnswer: Hashable, Sendable {
    /// It has begun; or not, since it is under way already.
    case begun(Bool)
    /// How many deliveries it makes, and what could not be read, as JSON.
    case deliveries(Int, damage: [JSONValue] = [])
    /// Why nothing came of it.
    case failed(String)

    /// As it is handed back.
    var text: String {
        let value: JSONValue =
            switch self {
            case .begun(let hasBegun): .dictionary(["begun": .bool(hasBegun)])
            case .deliveries(let count, let damage):
                .dictionary(["deliveries": .integer(count), "damage": .array(damage)])
            case .failed(let reason): .dictionary(["failed": .string(reason)])
            }
        return String(decoding: value.serialized(), as: UTF8.self)
    }

    /// Anything that cannot be read is a failure.
    init(_ text: String) {
        let value = (try? JSONValue(parsing: Array(text.utf8))) ?? .null
        if let hasBegun = value["begun"]?.bool {
            self = .begun(hasBegun)
        } else if let count = value["deliveries"]?.integer {
            self = .deliveries(Int(count), damage: value["damage"]?.array ?? [])
        } else {
            self = .failed(value["failed"]?.string ?? "the node that decides runs another version")
        }
    }
}
