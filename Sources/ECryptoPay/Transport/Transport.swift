import CCurl
import Dispatch
import Synchronization

/// HTTP requests over libcurl: a fixed number of workers, each with one handle and its kept-alive connections.
///
/// A worker blocks on its own queue, so Swift's cooperative threads stay free. When all are busy, requests wait in the
/// order in which they came. Every TLS connection is verified, at least TLS 1.2; redirects are never followed; answers
/// are bounded. `http_proxy`, `https_proxy` and `no_proxy` are honoured as libcurl does, but never for a loopback
/// address: what is sent there in the clear is meant to stay on this machine.
package final class Transport: Sendable {
    private struct Pool {
        var idle: [CurlWorker]
        var waiting: [TransportJob] = []
    }

    /// libcurl wants this once, before anything else; a `static let` is run once whatever the number of threads.
    private static let initialized = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    private let pool: Mutex<Pool>

    /// Makes the workers; none opens a connection before its first request.
    package init(_ options: TransportOptions) {
        precondition(Self.initialized, "libcurl does not initialize")
        precondition(options.workers > 0, "a transport needs a worker")
        pool = Mutex(Pool(idle: (0..<options.workers).map { CurlWorker(number: $0, options) }))
    }

    /// Sends the request and waits for the whole answer.
    ///
    /// - Throws: `TransportFault` when no answer came; an answer of any status is returned. A cancelled task gets
    ///   `.cancelled` at once; the request may have reached the server nevertheless.
    package func perform(_ request: TransportRequest) async throws(TransportFault) -> TransportAnswer {
        let job = TransportJob(request)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if job.wait(continuation) { submit(job) }
            }
        } onCancel: {
            job.cancel()
        }
        return try outcome.get()
    }

    /// Gives the job to the worker that was busy last, whose connection is the warmest, or queues it.
    private func submit(_ job: TransportJob) {
        let worker = pool.withLock { pool in
            let worker = pool.idle.popLast()
            if worker == nil { pool.waiting.append(job) }
            return worker
        }
        guard let worker else { return }
        worker.queue.async {
            var current: TransportJob? = job
            while let job = current {
                if job.begin(on: worker) { job.finish(worker.perform(job)) }
                current = self.next(for: worker)
            }
        }
    }

    /// The job that has waited longest; without one the worker is idle again.
    private func next(for worker: CurlWorker) -> TransportJob? {
        pool.withLock { pool in
            if !pool.waiting.isEmpty { return pool.waiting.removeFirst() }
            pool.idle.append(worker)
            return nil
        }
    }
}
