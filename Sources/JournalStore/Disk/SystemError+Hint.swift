import Glibc
package import POSIX

// What an operator can do about a journal that the file system refuses: one place for all commands.
extension SystemError {
    /// How to mend a call that failed on a journal that is to be written.
    package var hintForWriting: String {
        switch errno {
        case EACCES where call == "mkdir": "create it, and give it to this user (id \(geteuid()))"
        case EACCES, EPERM: "let this user (id \(geteuid())) read and write the directory and every file in it"
        case EROFS: "mount the file system for writing, or name a directory elsewhere"
        case ENOENT, ENOTDIR: "create its parent directory, or name another"
        default: hint
        }
    }

    /// How to mend a call that failed on a journal that is only read.
    package var hintForReading: String {
        switch errno {
        case EACCES, EPERM: "run this as a user who may read it; this one has the id \(geteuid())"
        case ENOENT, ENOTDIR: "name its directory with --directory"
        default: hint
        }
    }

    private var hint: String {
        switch errno {
        case ESPIPE: "what has the name of a file is none: move it away, and restore the file from a backup"
        case ELOOP:
            "a symbolic link is not followed here: name the directory that it leads to, or put the file itself in its place"
        case EISDIR: "a directory has the name of a file: move it away, and restore the file from a backup"
        case ENOSPC: "make room on the file system (df), or remove files if it has no inodes left (df -i)"
        case EFBIG: "raise the limit of a file's size (LimitFSIZE= in the unit, ulimit -f)"
        case EDQUOT: "make room on the file system within this user's quota, or raise the quota"
        case EMFILE, ENFILE: "raise the limit of open files"
        default: "look for the disk's errors in the kernel's log (dmesg)"
        }
    }
}
