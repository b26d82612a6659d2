import Dispatch
import HTTP1
import HTTPServer

/// Hands requests to the core, and its replies back, late or never if the faults say so.
struct SandboxHandler: RequestHandler {
    let core: SandboxCore

    func handle(_ request: Request, _ exchange: Exchange) {
        let reply = core.reply(to: SandboxRequest(request))
        guard reply.delay > .zero else { return core.send(reply, to: exchange) }
        let milliseconds = Int(reply.delay / .milliseconds(1))
        exchange.queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { core.send(reply, to: exchange) }
    }
}
