/// A value that must not be shown: every way of printing it says `(set)`.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The value itself, for the one call that needs it.
    package let exposed: String

    /// Wraps a value.
    package init(_ value: String) { exposed = value }

    /// Always `(set)`.
    package var description: String { "(set)" }

    /// Always `(set)`.
    package var debugDescription: String { "(set)" }

    /// Without children, so that `dump` shows nothing either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
