/// Why a sandbox does not start: what, where, and how to mend it.
package struct SandboxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line for people.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
