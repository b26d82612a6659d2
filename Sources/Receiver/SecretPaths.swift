import Synchronization

/// The paths that accept webhooks. Anyone who learns one can send reports, so comparing must not help to guess it.
final class SecretPaths: Sendable {
    private let paths: Mutex<[[UInt8]]>

    init(_ paths: [String]) {
        self.paths = Mutex(paths.map { Array($0.utf8) })
    }

    /// Puts others in their place.
    func replace(_ paths: [String]) {
        self.paths.withLock { $0 = paths.map { Array($0.utf8) } }
    }

    /// Whether a path is one of them. The time depends on the lengths alone, not on how much of a path is right.
    func contains(_ path: ArraySlice<UInt8>) -> Bool {
        paths.withLock { paths in
            var found: UInt8 = 0
            for secret in paths { found |= Self.equal(path, secret) }
            return found == 1
        }
    }

    /// 1 for equal and 0 for different, without a branch on any byte.
    private static func equal(_ path: ArraySlice<UInt8>, _ secret: [UInt8]) -> UInt8 {
        var difference = path.count ^ secret.count
        var index = 0
        for byte in path {
            difference |= Int(byte ^ secret[index])
            index += 1
            if index == secret.count { index = 0 }
        }
        return difference == 0 ? 1 : 0
    }
}
