/// A bearer token (RFC 6750) and its place in the order of those received. Prints without its value.
struct AccessToken: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let value: String
    /// 1 for the first token of an account, and 1 more for each further one.
    let generation: Int

    var description: String { "access token \(generation)" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: ["generation": generation]) }
}
