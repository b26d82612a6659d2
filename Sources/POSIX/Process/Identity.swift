public import Glibc

/// Who a process acts as, one function for each call.
public struct Identity: Hashable, Sendable {
    /// The user.
    public let user: uid_t
    /// The group.
    public let group: gid_t

    /// `geteuid(2)` and `getegid(2)`: whom this process acts as now.
    public static var effective: Self { Self(user: geteuid(), group: getegid()) }

    /// `stat(2)`: whom a file or directory belongs to.
    public static func owner(of path: String) throws(SystemError) -> Self {
        var result = stat()
        _ = try check("stat", path) { stat(path, &result) }
        return Self(user: result.st_uid, group: result.st_gid)
    }

    /// `fstat(2)`: the same of what is open.
    public static func owner(of descriptor: Int32) throws(SystemError) -> Self {
        let result = try FileCalls.fstat(descriptor)
        return Self(user: result.st_uid, group: result.st_gid)
    }

    /// The superuser.
    public static let root = Self(user: 0, group: 0)

    /// `fchown(2)`: a file or directory that is open belongs to this user and group from now on.
    public func own(_ descriptor: Int32) throws(SystemError) {
        _ = try check("fchown") { fchown(descriptor, user, group) }
    }

    /// Acts as that user for as long as `body` runs, and then as before. For a process that root has begun.
    public func acting<Value>(_ body: () throws -> Value) throws -> Value {
        let before = Self.effective
        if before.user == user { return try body() }
        try become()
        let result = Result(catching: body)
        try before.become()
        return try result.get()
    }

    /// As root again, and from there as that user.
    private func become() throws(SystemError) {
        _ = try check("seteuid", "0") { seteuid(0) }
        try assume()
    }

    /// `setgroups(2)`, `setegid(2)` and `seteuid(2)`: the whole process acts as that user from now on. The user comes last: who is
    /// not root any more may not change groups.
    public func assume() throws(SystemError) {
        var groups = [group]
        _ = try check("setgroups", "\(group)") { setgroups(groups.count, &groups) }
        _ = try check("setegid", "\(group)") { setegid(group) }
        _ = try check("seteuid", "\(user)") { seteuid(user) }
    }
}
