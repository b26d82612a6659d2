import CShims
import Glibc

/// A thread of its own for work that can wait: it gets processor and disk only when nobody else wants them. Priorities are a thread's, so a
/// queue, whose threads do other work behind it, would not do.
public final class IdleThread: Sendable {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let thread: pthread_t

    /// Begins it. Its name is shown by `ps -L` and has at most 15 letters. Signals are for other threads.
    public init(_ name: String, _ run: @escaping @Sendable () -> Void) throws(SystemError) {
        let body = Unmanaged.passRetained(
            Body {
                cshims_idle_thread(name)
                run()
            })
        var (thread, all, before) = (pthread_t(), sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let result = pthread_create(
            &thread, nil,
            { body in
                if let body { Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard result == 0 else {
            body.release()
            throw SystemError(call: "pthread_create", errno: result)
        }
        self.thread = thread
    }

    /// Waits until it has returned. To be called once.
    public func join() { pthread_join(thread, nil) }
}
