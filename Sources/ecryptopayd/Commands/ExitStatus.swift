import ArgumentParser
import Glibc

/// The exit codes of `sysexits.h` that the program uses. For wrong options the argument parser gives 64 by itself.
enum ExitStatus: Int32 {
    case usage = 64
    case badData = 65
    case noInput = 66
    case unavailable = 69
    case software = 70
    case inputOutput = 74
    case tryAgain = 75
    case permission = 77
    case configuration = 78
}

/// Ends a command: a message for standard error, and the exit code.
struct CommandFailure: Error {
    let status: ExitStatus
    let message: String
    /// What systemd is told; the system's own number where a system call failed.
    let errno: Int32

    init(_ status: ExitStatus, _ message: String, errno: Int32? = nil) {
        self.status = status
        self.message = message
        self.errno = errno ?? status.errno
    }
}

extension ExitStatus {
    /// The number of errno(3) that comes nearest.
    fileprivate var errno: Int32 {
        switch self {
        case .usage, .configuration: EINVAL
        case .badData: EBADMSG
        case .noInput: ENOENT
        case .unavailable: EADDRNOTAVAIL
        case .software: EPROTO
        case .inputOutput: EIO
        case .tryAgain: EAGAIN
        case .permission: EACCES
        }
    }
}

/// Runs a command's body; prints what ended it, and ends with its exit code.
func reportingFailure<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let failure as CommandFailure {
        Console.failure("ecryptopayd: \(failure.message)")
        throw ExitCode(failure.status.rawValue)
    }
}
