import CivilTime
import JSON
import Ledger
import Payments

/// What is wrong with the body of an operator's request.
struct AdminRequestFault: Error {
    /// For the operator.
    let detail: String
}

/// The bodies of what an operator asks for.
enum AdminRequest {
    /// No body asks for all payments; `{"payment":42}` for one.
    static func reconciled(_ body: ArraySlice<UInt8>) throws(AdminRequestFault) -> PaymentID? {
        if body.isEmpty { return nil }
        let members = try object(
            body, names: ["payment"], hint: #"send none for all payments, or {"payment":42} for one"#)
        if members["payment"] == nil { return nil }
        return try number("payment", in: members)
    }

    /// `{"seq":N}`, `{"payment":ID}` or `{"since":TIME}`, and `"dry_run":true` beside it.
    static func replayed(_ body: ArraySlice<UInt8>) throws(AdminRequestFault) -> (Redelivery, dryRun: Bool) {
        let hint = #"send {"seq":17}, {"payment":42} or {"since":"2026-11-22T18:00:00Z"}"#
        let members = try object(body, names: ["seq", "payment", "since", "dry_run"], hint: hint)
        guard members.keys.count(where: { $0 != "dry_run" }) == 1 else {
            throw AdminRequestFault(
                detail: "Exactly one of seq, payment and since says what is delivered again; \(hint).")
        }
        var dryRun = false
        switch members["dry_run"] {
        case nil, .bool(false)?: break
        case .bool(true)?: dryRun = true
        default: throw AdminRequestFault(detail: #""dry_run" is neither true nor false."#)
        }
        if members["seq"] != nil { return (.record(try number("seq", in: members)), dryRun) }
        if members["payment"] != nil { return (.payment(try number("payment", in: members)), dryRun) }
        guard let text = members["since"]?.string, let time = Timestamp(text)?.nanoseconds else {
            throw AdminRequestFault(detail: #""since" is not a time such as "2026-11-22T18:00:00Z"."#)
        }
        return (.since(time), dryRun)
    }

    private static func object(
        _ body: ArraySlice<UInt8>, names: [String], hint: String
    ) throws(AdminRequestFault) -> [String: JSONValue] {
        guard let tree = try? JSONValue(parsing: Array(body)), case .object(let members) = tree else {
            throw AdminRequestFault(detail: "The body is no JSON object; \(hint).")
        }
        if let other = members.first(where: { !names.contains($0.name) }) {
            throw AdminRequestFault(detail: "There is no \(JSONString.quoted(other.name.prefix(40))); \(hint).")
        }
        return Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
    }

    private static func number(
        _ name: String, in members: [String: JSONValue]
    ) throws(AdminRequestFault) -> Int64 {
        guard let number = members[name]?.integer, number > 0 else {
            throw AdminRequestFault(detail: "\"\(name)\" is not a positive integer.")
        }
        return number
    }
}
