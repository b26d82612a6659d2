import Glibc

/// Limits of the process (getrlimit(2)).
public enum ResourceLimit {
    /// Raises the soft limit of open descriptors to the hard one, which is what the soft one is for: it protects programs that
    /// use `select`, and this one does not. Returns the limit in force.
    @discardableResult
    public static func raiseOpenFiles() throws(SystemError) -> UInt64 {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        _ = try check("getrlimit") { getrlimit(resource, &limit) }
        guard limit.rlim_cur < limit.rlim_max else { return UInt64(limit.rlim_cur) }
        limit.rlim_cur = limit.rlim_max
        _ = try check("setrlimit") { setrlimit(resource, &limit) }
        return UInt64(limit.rlim_cur)
    }
}
