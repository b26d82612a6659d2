import Dispatch
package import Ledger
import POSIX
import Synchronization

/// Hands deliveries to a program, on its standard input: for shops without an HTTP endpoint. Exit code 0 is done.
package struct ProgramDeliverySender: DeliverySender {
    /// What one run may take.
    private static let timeout: Duration = .seconds(15)
    /// So much of what it says is told when it fails, in bytes.
    private static let outputLimit = 1024

    private let path: String

    /// Runs the program at `path`, without a shell and without arguments. Of the environment it gets `PATH` and the delivery's
    /// `WEBHOOK_ID`.
    package init(path: String) {
        self.path = path
    }

    /// Runs it once.
    package func send(_ message: DeliveryMessage) async -> DeliveryOutcome {
        let program = Subprocess(
            path: path,
            environment: [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "WEBHOOK_ID=\(message.id)",
            ],
            input: message.body, timeout: Self.timeout, outputLimit: Self.outputLimit)
        let cancellation = Cancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // It blocks for as long as the program runs.
                DispatchQueue.global(qos: .utility).async {
                    continuation.resume(returning: Self.run(program, cancellation))
                }
            }
        } onCancel: {
            cancellation.flag.store(true, ordering: .relaxed)
        }
    }

    private final class Cancellation: Sendable {
        let flag = Atomic(false)
    }

    private static func run(_ program: Subprocess, _ cancellation: Cancellation) -> DeliveryOutcome {
        do throws(SystemError) {
            let (exit, output) = try program.run { cancellation.flag.load(ordering: .relaxed) }
            switch exit {
            case .code(0): return .accepted(status: nil)
            case .cancelled: return .released
            case .code(let code): return failure("it exited with \(code)", output)
            case .signal(let number): return failure("signal \(number) ended it", output)
            case .timeout: return failure("it was killed after \(timeout)", output)
            }
        } catch {
            return failure("it cannot be run: \(error)", [])
        }
    }

    /// What a program says is for people, on one line.
    private static func failure(_ reason: String, _ output: [UInt8]) -> DeliveryOutcome {
        let line = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        let shown = String(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.map(Character.init))
        return .failed(DeliveryFailure(status: nil, error: shown.isEmpty ? reason : "\(reason): \(shown)"))
    }
}
