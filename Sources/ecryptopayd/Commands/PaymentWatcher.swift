import ECryptoPay
import Payments
import POSIX

/// Asks for one payment again and again, and shows what changes.
struct PaymentWatcher {
    /// How soon a reader that has gone away, or an interruption, ends a pause.
    private static let glance: Duration = .milliseconds(100)

    let client: Client
    let id: PaymentID
    let interval: Duration
    let printsJSON: Bool

    /// Runs until its task is cancelled or nobody reads any more.
    ///
    /// - Throws: `CommandFailure` when asking again is of no use.
    func run() async throws {
        var outage = Outage()
        var display = PaymentDisplay(printsJSON: printsJSON)
        var random = SystemRandomNumberGenerator()
        defer { display.finishLine() }
        while !Task.isCancelled && !Console.readerIsGone {
            let pause: Duration
            do throws(APIError) {
                let payment = try await client.payment(id: id)
                if outage.end() { display.tell("the API answers again") }
                display.show(payment, now: Clock.realtime())
                pause = interval
            } catch {
                if error.kind == .cancelled { return }
                guard let step = outage.fail(error, using: &random) else {
                    throw CommandFailure(error, payment: id)
                }
                if let message = step.message { display.tell(message) }
                pause = step.pause
            }
            await rest(pause)
        }
    }

    private func rest(_ pause: Duration) async {
        let end = ContinuousClock.now.advanced(by: pause)
        while !Task.isCancelled && !Console.readerIsGone {
            let left = ContinuousClock.now.duration(to: end)
            if left <= .zero { return }
            try? await Task.sleep(for: min(left, Self.glance))
        }
    }
}
