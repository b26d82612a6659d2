internal import Glibc
package import Logging

/// Chooses where log messages go.
package enum ServiceLogging {
    /// Sets swift-log up for the whole process: to journald with structured fields when it reads standard error, else to
    /// standard error in lines.
    ///
    /// - Parameters:
    ///   - identifier: the program's name in the journal.
    ///   - level: the level of every logger that sets none itself.
    /// - Returns: the means to change the level later.
    package static func bootstrap(identifier: String, level: Logger.Level) -> LogLevelControl {
        let control = LogLevelControl(level)
        if standardErrorIsJournal() {
            LoggingSystem.bootstrap { _ in JournaldLogHandler(identifier: identifier, control: control) }
        } else {
            LoggingSystem.bootstrap { _ in StandardErrorLogHandler(control: control) }
        }
        return control
    }

    /// Whether standard error is the stream that systemd connected to the journal (`JOURNAL_STREAM`, systemd.exec(5)).
    package static func standardErrorIsJournal() -> Bool {
        guard let variable = getenv("JOURNAL_STREAM") else { return false }
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return false }
        return names(String(cString: variable), device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// Whether `JOURNAL_STREAM`, `device:inode` in decimal, names that file.
    static func names(_ variable: String, device: UInt64, inode: UInt64) -> Bool {
        variable == "\(device):\(inode)"
    }
}
