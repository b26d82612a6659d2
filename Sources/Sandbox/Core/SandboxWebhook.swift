import CivilTime
import JSON

/// A webhook that was sent, will be, or was lost on purpose; and what came of it.
package struct SandboxWebhook: Hashable, Sendable {
    /// What came of it.
    package enum Outcome: Hashable, Sendable {
        /// Not sent yet, or not answered yet.
        case underWay
        /// Not sent, because a fault says so, or because there is no URL to send to.
        case lost
        /// Answered with this status.
        case answered(Int)
        /// Not answered, and why.
        case failed(String)
    }

    /// Its place in the order in which the sandbox made them, from 0.
    package let number: Int
    /// Nanoseconds since 1970, when the sandbox made it.
    package let time: Int64
    /// Whether it tells of a change that took place.
    package let isGenuine: Bool
    /// The JSON text.
    package let body: [UInt8]
    /// What came of it.
    package internal(set) var outcome: Outcome

    /// One element of `GET /sandbox/webhooks`.
    var json: JSONValue {
        let (word, status, error): (String, JSONValue, JSONValue) =
            switch outcome {
            case .underWay: ("under way", .null, .null)
            case .lost: ("lost", .null, .null)
            case .answered(let status): ("answered", .integer(status), .null)
            case .failed(let message): ("failed", .null, .string(message))
            }
        return .dictionary([
            "number": .integer(number), "time": .string(UTCTime(nanoseconds: time).iso8601()),
            "genuine": .bool(isGenuine), "outcome": .string(word), "status": status, "error": error,
            // What was sent by hand may be no JSON at all.
            "body": (try? JSONValue(parsing: body)) ?? .string(String(decoding: body, as: UTF8.self)),
        ])
    }
}
