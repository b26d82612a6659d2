import Glibc

extension FileCalls {
    /// `faccessat(2)` with the effective user: throws unless a file may be used in that way, of `R_OK`, `W_OK`, `X_OK` and `F_OK`.
    public static func requireAccess(_ mode: Int32, to path: String) throws(SystemError) {
        _ = try check("faccessat", path) { faccessat(AT_FDCWD, path, mode, AT_EACCESS) }
    }

    /// Throws unless a path names a file that this process may execute, as far as modes can tell.
    public static func requireProgram(_ path: String) throws(SystemError) {
        var result = stat()
        _ = try check("stat", path) { stat(path, &result) }
        // A directory has the same bit, with another meaning.
        if result.st_mode & S_IFMT == S_IFDIR { throw SystemError(call: "stat", errno: EISDIR, subject: path) }
        try requireAccess(X_OK, to: path)
    }
}
