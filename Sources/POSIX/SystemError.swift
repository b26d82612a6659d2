import CShims
import Glibc

/// A system call that failed: which one, on what, and `errno`. Its description reads like `strerror`'s, with the call in front.
public struct SystemError: Error, Hashable, CustomStringConvertible {
    /// The C function that failed, e.g. `openat`.
    public let call: String
    /// `errno` as the call left it.
    public let errno: Int32
    /// The path or address the call was made on, or an empty string.
    public let subject: String

    /// Keeps what a failed call left behind.
    public init(call: String, errno: Int32, subject: String = "") {
        self.call = call
        self.errno = errno
        self.subject = subject
    }

    /// The system's text for `errno`, e.g. `No space left on device`.
    public var reason: String { String(cString: strerror(errno)) }

    /// The name of an `errno`, e.g. `ENOSPC`; its number where it has none.
    public static func name(of errno: Int32) -> String {
        cshims_error_name(errno).map { String(cString: $0) } ?? "\(errno)"
    }

    /// E.g. `openat /var/lib/x: Permission denied`.
    public var description: String { subject.isEmpty ? "\(call): \(reason)" : "\(call) \(subject): \(reason)" }
}

/// Runs a system call that answers -1 and sets `errno` when it fails, again after `EINTR`.
///
/// The one place where `errno` is read. Returns the call's answer when it is not -1.
public func check<Value: SignedInteger>(
    _ call: StaticString, _ subject: @autoclosure () -> String = "", _ body: () -> Value
) throws(SystemError) -> Value {
    while true {
        let value = body()
        if value != -1 { return value }
        let error = errno
        if error != EINTR { throw SystemError(call: "\(call)", errno: error, subject: subject()) }
    }
}
