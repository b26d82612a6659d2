package import Ledger

/// What a file system holds, as a value: for each file what is on the disk and what only the page cache knows, and the same
/// for the directory.
package struct DiskState: Sendable {
    /// A change that a crash may forget.
    package enum Change: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case truncate(length: Int)
    }

    package enum NameChange: Sendable {
        case add(String, inode: Int)
        case remove(String)
        case rename(String, to: String, inode: Int)
    }

    package struct File: Sendable {
        /// What a reader sees.
        package var cache: [UInt8] = []
        /// What is on the disk for certain.
        package var durable: [UInt8] = []
        /// What is on its way, in order.
        package var pending: [Change] = []
    }

    /// An empty one.
    package init() {}

    package var files: [File] = []
    /// Which files a reader sees.
    package var names: [String: Int] = [:]
    package var durableNames: [String: Int] = [:]
    package var pendingNames: [NameChange] = []

    /// A kernel writes pages back by itself; here, when that many changes wait.
    private static let writeBackLimit = 6

    // MARK: Changes

    package mutating func add(_ name: String) -> Int {
        files.append(File())
        apply(.add(name, inode: files.count - 1))
        return files.count - 1
    }

    package mutating func apply(_ change: NameChange) {
        Self.apply(change, to: &names)
        pendingNames.append(change)
    }

    package mutating func apply(_ change: Change, to inode: Int) {
        Self.apply(change, to: &files[inode].cache)
        files[inode].pending.append(change)
        if files[inode].pending.count > Self.writeBackLimit {
            Self.apply(files[inode].pending.removeFirst(), to: &files[inode].durable)
        }
    }

    package mutating func synchronize(_ inode: Int) {
        for change in files[inode].pending { Self.apply(change, to: &files[inode].durable) }
        files[inode].pending.removeAll()
    }

    package mutating func synchronizeNames() {
        for change in pendingNames { Self.apply(change, to: &durableNames) }
        pendingNames.removeAll()
    }

    /// A sync that fails and marks the pages clean all the same: some of what was written is on the disk, a reader sees all
    /// of it, and no later sync writes it. A cut may be among what is lost. Without a seed nothing arrived.
    package mutating func failToSynchronize(_ inode: Int, seed: UInt64?) {
        var random = SplitMix64(seed: seed ?? 0)
        for change in files[inode].pending {
            switch change {
            case .truncate: if seed != nil, random.next() & 1 == 0 { Self.apply(change, to: &files[inode].durable) }
            case .write(let offset, let bytes):
                guard seed != nil else { continue }
                Self.write(Self.part(of: bytes, using: &random), of: bytes, at: offset, to: &files[inode].durable)
            }
        }
        files[inode].pending.removeAll()
    }

    /// The same of the directory: of the changes to its names some are on the disk, and no later sync writes the others.
    package mutating func failToSynchronizeNames(seed: UInt64?) {
        var random = SplitMix64(seed: seed ?? 0)
        for change in pendingNames where seed != nil && random.next() & 1 == 0 { Self.apply(change, to: &durableNames) }
        pendingNames.removeAll()
    }

    package static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .write(let offset, let written): write([0..<written.count], of: written, at: offset, to: &bytes)
        case .truncate(let length):
            if length < bytes.count { bytes.removeSubrange(length...) }
            if length > bytes.count { bytes += [UInt8](repeating: 0, count: length - bytes.count) }
        }
    }

    package static func apply(_ change: NameChange, to names: inout [String: Int]) {
        switch change {
        case .add(let name, let inode): names[name] = inode
        case .remove(let name): names[name] = nil
        case .rename(let old, let new, let inode):
            // A rename is of a file: that the old name may have been forgotten before, or stand for an older file, is no matter.
            if names[old] == inode { names[old] = nil }
            names[new] = inode
        }
    }

    private static func write(_ parts: [Range<Int>], of source: [UInt8], at offset: Int, to bytes: inout [UInt8]) {
        for part in parts where !part.isEmpty {
            let end = offset + part.upperBound
            if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
            bytes.replaceSubrange(offset + part.lowerBound..<end, with: source[part])
        }
    }

    // MARK: Crashes

    /// The state after the power was cut: of what was on its way, any part may have arrived.
    package func afterPowerCut(using random: inout SplitMix64) -> DiskState {
        var state = DiskState()
        var names = durableNames
        for change in pendingNames where random.next() & 1 == 0 { Self.apply(change, to: &names) }
        for (name, inode) in names.sorted(by: { $0.key < $1.key }) {
            state.names[name] = state.files.count
            state.files.append(files[inode].afterPowerCut(using: &random))
        }
        state.durableNames = state.names
        return state
    }

    /// The state when nothing that was on its way arrived.
    package func afterLosingAll() -> DiskState {
        var state = DiskState()
        for (name, inode) in durableNames.sorted(by: { $0.key < $1.key }) {
            state.names[name] = state.files.count
            state.files.append(File(cache: files[inode].durable, durable: files[inode].durable))
        }
        state.durableNames = state.names
        return state
    }

    /// Which bytes of a write arrive: all, none, those before a point, those behind one, or all but a hole.
    fileprivate static func part(of bytes: [UInt8], using random: inout SplitMix64) -> [Range<Int>] {
        let count = bytes.count
        let first = Int(random.next() % UInt64(count + 1))
        let second = Int(random.next() % UInt64(count + 1))
        switch random.next() % 6 {
        case 0: return []
        case 1: return [0..<count]
        case 2: return [0..<first]
        case 3: return [first..<count]
        case 4: return [0..<min(first, second), max(first, second)..<count]
        default: return [min(first, second)..<max(first, second)]
        }
    }

}

extension DiskState.File {
    fileprivate func afterPowerCut(using random: inout SplitMix64) -> DiskState.File {
        var bytes = durable
        for change in pending {
            switch change {
            case .truncate: if random.next() & 1 == 0 { DiskState.apply(change, to: &bytes) }
            case .write(let offset, let written):
                // The new length may arrive without the bytes, and what stands there then is anything.
                if random.next() & 3 == 0 { fill(&bytes, to: offset + written.count, using: &random) }
                for part in DiskState.part(of: written, using: &random) where !part.isEmpty {
                    fill(&bytes, to: offset + part.upperBound, using: &random)
                    bytes.replaceSubrange(offset + part.lowerBound..<offset + part.upperBound, with: written[part])
                }
            }
        }
        return DiskState.File(cache: bytes, durable: bytes)
    }

    private func fill(_ bytes: inout [UInt8], to length: Int, using random: inout SplitMix64) {
        guard length > bytes.count else { return }
        let filler: UInt8
        switch random.next() % 4 {
        case 0: filler = UInt8(ascii: "\n")
        case 1: filler = UInt8(truncatingIfNeeded: random.next())
        default: filler = 0
        }
        bytes += [UInt8](repeating: filler, count: length - bytes.count)
    }
}
