/// Why a sandbox does not start: what, where, and how to mend it.
public struct SandboxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line for people.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
