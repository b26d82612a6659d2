package import JournalFormat
package import JournalStore
package import POSIX
import Synchronization

/// A disk that remembers what has been synced, fails on demand, and can lie about a failed sync.
package final class SimulatedDisk: Disk {
    /// One call at the seam, on a file by its name.
    package enum Call: Hashable, Sendable {
        case names
        case open(String, DiskOpenMode)
        case size(String)
        case read(String)
        case write(String, count: Int)
        case synchronize(String)
        case synchronizeDirectory
        case truncate(String, length: Int64)
        case rename(String, to: String)
        case unlink(String)
        case freeBytes
    }

    package enum Fault: Sendable {
        /// It does nothing and fails.
        case error(Int32)
        /// A write takes that many bytes only, and says so.
        case short(Int)
        /// A sync fails, and the pages count as clean from then on. What arrived all the same depends on the seed; nothing
        /// did when there is none.
        case lie(Int32, seed: UInt64?)
    }

    /// A function that is a Mutex's whole value would be wrapped anew at each look.
    private struct Script {
        var fault: (@Sendable (Call) -> Fault?)?
    }

    private struct Inner {
        var state: DiskState
        /// Each open file's inode and name; descriptors are not given again.
        var open: [(inode: Int, name: String)] = []
        var freeBytes: Int64 = .max
        var calls: [Call] = []
        /// The directory or its lock, and where it is now.
        var moved: (part: DiskPart, place: String?)?
        var rescue: SimulatedDisk?

        func cache(_ file: DiskFile) -> [UInt8] { state.files[open[Int(file.number)].inode].cache }
    }

    private let inner: Mutex<Inner>
    /// Asked before each call; may block, to hold the call back.
    private let script = Mutex(Script())
    /// Hears of the state after each call that changed it.
    private let observer: (@Sendable (DiskState) -> Void)?
    private let keepsCalls: Bool

    /// Which directory it is: a copy has another number. Without one nobody can tell.
    package let place: Place?

    package init(
        _ state: DiskState = DiskState(), directory: Int64? = nil, keepsCalls: Bool = true,
        observer: (@Sendable (DiskState) -> Void)? = nil
    ) {
        place = directory.map { Place(machine: 1, device: 1, inode: $0, born: nil) }
        inner = Mutex(Inner(state: state))
        self.observer = observer
        self.keepsCalls = keepsCalls
    }

    // MARK: What tests ask

    package var state: DiskState { inner.withLock { $0.state } }

    /// All calls so far, in order.
    package var calls: [Call] { inner.withLock { $0.calls } }

    package func forgetCalls() { inner.withLock { $0.calls.removeAll() } }

    /// From now on, `fault` decides what goes wrong.
    package func setFault(_ fault: (@Sendable (Call) -> Fault?)?) { script.withLock { $0.fault = fault } }

    /// Lets a test look at the disk: nothing goes wrong meanwhile.
    package func withoutFaults<Value>(_ body: () throws -> Value) rethrows -> Value {
        let fault = script.withLock { $0.fault }
        setFault(nil)
        defer { setFault(fault) }
        return try body()
    }

    package func setFreeBytes(_ bytes: Int64) { inner.withLock { $0.freeBytes = bytes } }

    /// The content of a file as a reader sees it, or nil when it is not there.
    package func content(_ name: String) -> [UInt8]? {
        inner.withLock { inner in inner.state.names[name].map { inner.state.files[$0].cache } }
    }

    /// Puts a file in place as if it had been there, and synced, for long.
    package func put(_ bytes: [UInt8], as name: String) {
        inner.withLock { inner in
            let inode = inner.state.names[name] ?? inner.state.add(name)
            inner.state.files[inode] = DiskState.File(cache: bytes, durable: bytes)
            inner.state.synchronizeNames()
        }
    }

    /// Gives a file another name, under whoever has it open.
    package func move(_ name: String, to place: String) {
        inner.withLock { inner in
            guard let inode = inner.state.names[name] else { return }
            inner.state.apply(.rename(name, to: place, inode: inode))
            inner.state.synchronizeNames()
        }
    }

    /// The directory or its lock is elsewhere; nowhere without a place.
    package func move(_ part: DiskPart, to place: String?) { inner.withLock { $0.moved = (part, place) } }

    /// What was saved beside the directory.
    package var rescue: SimulatedDisk? { inner.withLock { $0.rescue } }

    package func remove(_ name: String) {
        inner.withLock { inner in
            inner.state.apply(.remove(name))
            inner.state.synchronizeNames()
        }
    }

    // MARK: Disk

    package func names() throws(SystemError) -> [String] {
        try perform("opendir", .names) { inner, _ in inner.state.names.keys.sorted() }
    }

    package func open(_ name: String, _ mode: DiskOpenMode) throws(SystemError) -> DiskFile {
        try perform("openat", .open(name, mode), isChange: mode == .create || mode == .createIfMissing) {
            inner, _ throws(SystemError) in
            let inode: Int
            switch (inner.state.names[name], mode) {
            case (nil, .read), (nil, .write): throw SystemError(call: "openat", errno: 2, subject: name)
            case (.some, .create): throw SystemError(call: "openat", errno: 17, subject: name)
            case (nil, _): inode = inner.state.add(name)
            case (let found?, _): inode = found
            }
            inner.open.append((inode, name))
            return DiskFile(number: Int32(inner.open.count - 1))
        }
    }

    package func close(_ file: DiskFile) {}

    package func size(_ file: DiskFile) throws(SystemError) -> Int64 {
        try perform("fstat", .size(name(file))) { inner, _ in Int64(inner.cache(file).count) }
    }

    package func read(_ file: DiskFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        try perform("pread", .read(name(file))) { inner, _ in
            let bytes = inner.cache(file)
            let start = min(Int(offset), bytes.count)
            return Array(bytes[start..<min(bytes.count, start + count)])
        }
    }

    package func write(_ file: DiskFile, _ bytes: ArraySlice<UInt8>, at offset: Int64) throws(SystemError) -> Int {
        try perform("pwrite", .write(name(file), count: bytes.count), isChange: true) { inner, fault in
            var taken = bytes.count
            if case .short(let count) = fault { taken = min(taken, count) }
            let change = DiskState.Change.write(offset: Int(offset), bytes: Array(bytes.prefix(taken)))
            inner.state.apply(change, to: inner.open[Int(file.number)].inode)
            return taken
        }
    }

    package func synchronize(_ file: DiskFile) throws(SystemError) {
        try perform("fdatasync", .synchronize(name(file)), isChange: true) { inner, fault throws(SystemError) in
            let inode = inner.open[Int(file.number)].inode
            if case .lie(let errno, let seed) = fault {
                inner.state.failToSynchronize(inode, seed: seed)
                throw SystemError(call: "fdatasync", errno: errno)
            }
            inner.state.synchronize(inode)
        }
    }

    package func synchronizeDirectory() throws(SystemError) {
        try perform("fsync", .synchronizeDirectory, isChange: true) { inner, fault throws(SystemError) in
            if case .lie(let errno, let seed) = fault {
                inner.state.failToSynchronizeNames(seed: seed)
                throw SystemError(call: "fsync", errno: errno)
            }
            inner.state.synchronizeNames()
        }
    }

    package func truncate(_ file: DiskFile, to length: Int64) throws(SystemError) {
        try perform("ftruncate", .truncate(name(file), length: length), isChange: true) { inner, _ in
            inner.state.apply(.truncate(length: Int(length)), to: inner.open[Int(file.number)].inode)
        }
    }

    package func rename(_ old: String, to new: String) throws(SystemError) {
        try perform("renameat", .rename(old, to: new), isChange: true) { inner, _ throws(SystemError) in
            guard let inode = inner.state.names[old] else { throw SystemError(call: "renameat", errno: 2) }
            inner.state.apply(.rename(old, to: new, inode: inode))
        }
    }

    package func unlink(_ name: String) throws(SystemError) {
        try perform("unlinkat", .unlink(name), isChange: true) { inner, _ throws(SystemError) in
            guard inner.state.names[name] != nil else { throw SystemError(call: "unlinkat", errno: 2) }
            inner.state.apply(.remove(name))
        }
    }

    package func freeBytes() throws(SystemError) -> Int64 {
        try perform("fstatvfs", .freeBytes) { inner, _ in inner.freeBytes }
    }

    package func misplaced(_ file: DiskFile) -> Set<DiskPart> {
        inner.withLock { inner in
            if let moved = inner.moved { return [moved.part] }
            let (inode, name) = inner.open[Int(file.number)]
            return inner.state.names[name] == inode ? [] : [.file]
        }
    }

    package func place(of part: DiskPart, _ file: DiskFile) -> FilePlace {
        inner.withLock { inner in
            if let moved = inner.moved { return moved.place.map { .named($0) } ?? .gone }
            let inode = inner.open[Int(file.number)].inode
            return inner.state.names.first { $0.value == inode }.map { .named($0.key) } ?? .gone
        }
    }

    package func makeRescue() throws(SystemError) -> any Disk {
        let rescue = SimulatedDisk(keepsCalls: false)
        inner.withLock { $0.rescue = rescue }
        return rescue
    }

    // Whoever writes to it does so at his turn.
    package func letOthersWrite() {}

    // MARK: Parts

    private func name(_ file: DiskFile) -> String { inner.withLock { $0.open[Int(file.number)].name } }

    private func perform<Value: Sendable>(
        _ function: String, _ call: Call, isChange: Bool = false,
        _ body: (inout Inner, Fault?) throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        if keepsCalls { inner.withLock { $0.calls.append(call) } }
        let fault = script.withLock { $0.fault }.flatMap { $0(call) }
        if case .error(let errno) = fault { throw SystemError(call: function, errno: errno) }
        let result = inner.withLock { inner -> Result<Value, SystemError> in
            do throws(SystemError) { return .success(try body(&inner, fault)) } catch { return .failure(error) }
        }
        if isChange, let observer { observer(state) }
        return try result.get()
    }
}
