import ECryptoPay
import Ledger
import Payments
import SharedLedgerSimulation
import Synchronization

@testable import Confirming

/// The API as whoever decides sees it: it answers from the world, late, and as the weather allows.
final class SimulatedAPI: PaymentAPI {
    /// No call takes longer, in nanoseconds: a listing's time-out.
    static let longestCall: Int64 = 60_000_000_000

    private let world: SharedWorld
    private let machine: Machine
    private let life: Int
    private let isDead = Atomic(false)

    /// `caller` is who asks, of all who ever decide.
    init(_ world: SharedWorld, _ machine: Machine, caller: Int) {
        self.world = world
        self.machine = machine
        life = caller
    }

    /// Nobody hears of what a dead program asks.
    func die() { isDead.store(true, ordering: .relaxed) }

    func payment(id: PaymentID) async throws(APIError) -> ConfirmedPayment {
        let (call, readAt) = try await travel(.payment(id))
        let fault = world.withLock { $0.calls[call].fault }
        if let error = failure(fault, "/payments/\(id)") { throw end(call, error) }
        if ForeignID.isForeign(id) { throw end(call, error(.status(403), "/payments/\(id)")) }
        guard let found = find(readAt - fault.age).first(where: { $0.payment.id == id }) else {
            throw end(call, error(.status(404), "/payments/\(id)"))
        }
        do {
            let answer = try say(found, call, fault)
            end(call)
            return answer
        } catch {
            if case .otherID(_, let found) = error { throw end(call, self.error(.wrongID(found), "/payments/\(id)")) }
            throw end(call, self.error(.undecodable, "/payments/\(id)"))
        }
    }

    func forEachPayment(_ body: @escaping @Sendable (ConfirmedPayment) -> Void) async throws(APIError) -> Int {
        let (call, readAt) = try await travel(.list)
        let fault = world.withLock { $0.calls[call].fault }
        if let error = failure(fault, "/payments") { throw end(call, error) }
        let found = find(readAt - fault.age)
        for (index, entry) in found.enumerated() {
            if fault == .shrunk, machine.draw(2) == 0 { continue }
            if index * 2 >= found.count {
                if fault == .cutOff { throw end(call, error(.connectionLost, "/payments")) }
                if fault == .tooLarge { throw end(call, error(.tooLarge(limit: 1), "/payments")) }
            }
            world.withLock { _ = $0.calls[call].shown.insert(entry.payment.id) }
            do { body(try say(entry, call, fault)) } catch { throw end(call, self.error(.undecodable, "/payments")) }
        }
        end(call)
        return found.count
    }

    // MARK: Parts

    /// A call's way there and back. Returns its number, and when the API looked.
    private func travel(_ subject: World.Call.Subject) async throws(APIError) -> (call: Int, readAt: Int64) {
        if isDead.load(ordering: .relaxed) { throw error(.cancelled, "/payments") }
        let began = machine.clock.wall
        let (call, fault) = world.withLock { $0.begin(subject, life: life, at: began) }
        let longest: Int64 = machine.draw(9) == 0 ? 8_000_000_000 : 500_000_000
        let time =
            fault == .timeOut
            ? (subject == .list ? Self.longestCall : 10_000_000_000) : 5_000_000 + machine.draw(longest)
        world.withLock { $0.calls[call].arrives = began + time }
        await machine.sleepUnlessCancelled(until: began + time)
        if isDead.load(ordering: .relaxed) { throw error(.cancelled, "/payments") }
        if machine.clock.wall < began + time { throw breakOff(call) }
        return (call, began + machine.draw(time))
    }

    /// All payments as they were at a time.
    private func find(_ time: Int64) -> [(payment: World.Payment, version: World.Version)] {
        world.withLock { world in
            world.payments.compactMap { payment in payment.version(at: time).map { (payment, $0) } }
        }
    }

    /// Says how a payment is, in bytes that the fault may spoil.
    private func say(
        _ entry: (payment: World.Payment, version: World.Version), _ call: Int, _ fault: Fault
    ) throws(AnswerFault) -> ConfirmedPayment {
        let body = world.withLock { $0.body(entry.payment, entry.version) }
        let answer = try ConfirmedPayment(answer: spoil(body, fault), asked: entry.payment.id)
        world.withLock { $0.said(body, entry.payment, entry.version, call: call, at: $0.calls[call].arrives) }
        return answer
    }

    private func failure(_ fault: Fault, _ path: String) -> APIError? {
        switch fault {
        case .timeOut: error(.timeout, path)
        case .status(let status): error(.status(status), path)
        case .tooMany(let seconds):
            APIError(
                kind: .status(429), method: "GET", path: "/api/v1\(path)", detail: "simulated",
                retryAfter: .seconds(seconds))
        case .credentialsRefused: error(.credentialsRefused, path)
        case .noTokenEndpoint: APIError(kind: .status(404), method: "POST", path: "/oauth/token", detail: "simulated")
        case .cutBody: error(.connectionLost, path)
        default: nil
        }
    }

    private func error(_ kind: APIError.Kind, _ path: String) -> APIError {
        APIError(kind: kind, method: "GET", path: "/api/v1\(path)", detail: "simulated")
    }

    /// Takes down that a call was answered.
    private func end(_ call: Int) {
        world.withLock { world in
            world.calls[call].ended = world.calls[call].arrives
            world.calls[call].outcome = .answered
        }
    }

    /// Takes down how a call failed.
    private func end(_ call: Int, _ error: APIError) -> APIError {
        world.withLock { world in
            world.calls[call].ended = world.calls[call].arrives
            world.calls[call].retryAfter = error.retryAfter?.nanoseconds
            world.calls[call].outcome =
                switch error.kind {
                case .status(404) where error.method == "GET", .status(410): .absent
                case .status(403): .forbidden
                default: .failed
                }
        }
        return error
    }

    /// Takes down that nobody waits for a call any more.
    private func breakOff(_ call: Int) -> APIError {
        let now = machine.clock.wall
        world.withLock { world in
            world.calls[call].ended = now
            world.calls[call].outcome = .failed
        }
        return error(.cancelled, "/payments")
    }

    private func spoil(_ body: [UInt8], _ fault: Fault) -> [UInt8] {
        let text = String(decoding: body, as: UTF8.self)
        switch fault {
        case .otherID: return Array(text.replacing(#"{"id":"#, with: #"{"id":7"#).utf8)
        case .missingField: return Array(text.replacing(#""amount""#, with: #""cost""#).utf8)
        case .nullState: return Array(text.replacing(#""state":""#, with: #""state":null,"was":""#).utf8)
        default: return body
        }
    }
}

extension Fault {
    /// How old the answer is, in nanoseconds.
    fileprivate var age: Int64 { if case .stale(let age) = self { age } else { 0 } }
}
