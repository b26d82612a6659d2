import Glibc
import POSIX

/// Makes a daemon's system calls on its journal fail from one moment to another, in whatever thread they come.
///
/// strace picks calls by path, and asks for a descriptor's path anew at each call. So faults strike while the directory bears
/// the name that strace waits for, and a symbolic link its own. Nothing has to be counted.
struct FaultyDisk {
    private let journal: String
    private let struck: String

    init(_ daemon: DaemonUnderTest) {
        journal = daemon.journalDirectory
        struck = "\(journal).struck"
    }

    /// What to run the daemon through, e.g. with the fault `openat:error=EIO`. Calls on the directory's descriptor fail, and
    /// those on the descriptors of `files` in it.
    func wrapper(_ fault: String, files: [String] = []) -> [String] {
        Self.wrapper(fault, paths: [struck] + files.map { "\(struck)/\($0)" })
    }

    /// strace itself, for calls on these paths from the start. A path is compared as the call names it: relative to a
    /// directory's descriptor, it is a file's bare name.
    static func wrapper(_ fault: String, paths: [String]) -> [String] {
        // With -D the daemon keeps the process id that the test knows.
        ["/usr/bin/strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "inject=\(fault)"]
            + paths.flatMap { ["-P", $0] }
    }

    /// From now on calls fail.
    func strike() throws {
        _ = try check("rename") { rename(journal, struck) }
        _ = try check("symlink") { symlink(struck, journal) }
    }

    /// From now on they succeed again.
    func relent() throws {
        _ = try check("unlink") { unlink(journal) }
        _ = try check("rename") { rename(struck, journal) }
    }
}
