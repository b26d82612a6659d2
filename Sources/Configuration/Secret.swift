/// A value that must not be shown: every way of printing it says `(set)`.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The value itself, for the one call that needs it.
    public let exposed: String

    /// Wraps a value.
    public init(_ value: String) { exposed = value }

    /// Always `(set)`.
    public var description: String { "(set)" }

    /// Always `(set)`.
    public var debugDescription: String { "(set)" }

    /// Without children, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
