import JSON
public import Payments
import Synchronization

/// ecryptopay's API: payments by number, all payments, and new ones.
///
/// Safe to use from any task. Calls share one access token, which is fetched when first needed, renewed a little before
/// its end, and asked for by one caller at a time. Every method throws `APIError` only, whose `kind` tells the causes
/// apart; a cancelled task gets `.cancelled` at once.
public final class Client: Sendable {
    private let session: Mutex<ClientSession>
    private let clock: @Sendable () -> Duration

    /// Makes a client; nothing is sent before the first call.
    ///
    /// - Parameters:
    ///   - configuration: the account, the API's address, and the bounds.
    ///   - clock: monotonic, with any zero, for the token's lifetime; only tests have a reason to give another one.
    public init(_ configuration: Configuration, clock: @escaping @Sendable () -> Duration = Client.uptime) {
        self.clock = clock
        session = Mutex(ClientSession(configuration, tokens: TokenSource(clock: clock)))
    }

    /// The configuration in force.
    public var configuration: Configuration { session.withLock { $0.configuration } }

    /// Puts another configuration in force, for calls that begin from now on; those under way end as they began.
    ///
    /// The token is kept when the account and the API's URL stay the same; a remembered refusal is forgotten either
    /// way. Connections are made anew even for equal settings, since the file of authorities may have changed.
    public func update(configuration: Configuration) {
        session.withLock { session in
            let old = session.configuration
            let keepsToken = old.apiURL == configuration.apiURL && old.credentials == configuration.credentials
            if keepsToken { session.tokens.forgetRefusal() }
            session = ClientSession(
                configuration, tokens: keepsToken ? session.tokens : TokenSource(clock: clock))
        }
    }

    /// Gets a token unless a good one is there, to see whether the account works (API documentation, "Autenticación").
    ///
    /// - Throws: `.credentialsRefused` when it does not; the same error again, without asking, during the pause after a
    ///   refusal.
    public func authenticate() async throws(APIError) {
        let session = current
        let call = APICall(method: .post, path: "/oauth/token", timeout: session.configuration.timeout)
        try await session.token(for: call)
    }

    /// The payment of that number (API documentation, "Get a Specific Payment"), bounded to 1 MiB.
    ///
    /// - Throws: `.status(404)` when there is none, `.wrongID` when the answer is about another, `.undecodable` when it
    ///   is no payment, and whatever else keeps an answer from coming.
    public func payment(id: PaymentID) async throws(APIError) -> ConfirmedPayment {
        let session = current
        let call = APICall(method: .get, path: "/payments/\(id)", timeout: session.configuration.timeout)
        let answer = try await session.answer(call)
        do { return try ConfirmedPayment(answer: answer.body, asked: id) } catch {
            throw session.undecodable(error.kind, call, answer, error.meaning)
        }
    }

    /// All payments (API documentation, "Get All Payments"), as ``forEachPayment(_:)`` shows them.
    ///
    /// - Throws: `.undecodable` when any element is no payment: half a list would be taken for a whole one.
    public func payments() async throws(APIError) -> [ConfirmedPayment] {
        let payments = Mutex<[ConfirmedPayment]>([])
        try await forEachPayment { payment in payments.withLock { $0.append(payment) } }
        return payments.withLock { $0 }
    }

    /// Shows all payments as they come (API documentation, "Get All Payments"), however many there are: no more than one of
    /// them is in memory. The documentation knows no pages, so it is one answer, bounded by `listMaximumBytes` and
    /// `listTimeout`. The elements have no `qrImagePath`. No other call waits for a listing but another listing.
    ///
    /// - Parameter body: called on a thread of the transport, one payment after the other, and never after this method has
    ///   ended. What it was shown is a list only when this method returns: the answer may break off anywhere.
    /// - Returns: how many payments there are.
    /// - Throws: `.undecodable` when any element is no payment, `.tooLarge` beyond the bound, and whatever else keeps a
    ///   whole answer from coming.
    @discardableResult
    public func forEachPayment(_ body: @escaping @Sendable (ConfirmedPayment) -> Void) async throws(APIError) -> Int {
        let session = current
        let sink = PaymentListSink(body)
        defer { sink.close() }
        let call = APICall(
            method: .get, path: "/payments", timeout: session.configuration.listTimeout,
            maximumAnswerBytes: session.configuration.listMaximumBytes, sink: sink)
        let answer = try await session.answer(call)
        do { return try sink.finish() } catch {
            throw session.undecodable(.undecodable, call, answer, error.meaning)
        }
    }

    /// Creates a payment (API documentation, "Post a Payment").
    ///
    /// Sent once: it is not known whether the API would take a repetition for a second payment. After an error other
    /// than `.invalidRequest`, `.credentialsRefused`, `.dns`, `.connect`, `.tls` or a 4xx status, the payment may
    /// exist: look for it with `payments()`.
    ///
    /// - Parameters:
    ///   - amount: in Mexican pesos.
    ///   - currency: the cryptocurrency to pay with, e.g. `btc`.
    /// - Throws: `.status(422)` when the API does not accept the values, `.undecodable` when the payment was created and
    ///   the answer cannot be read, and whatever else keeps an answer from coming.
    public func createPayment(amount: Amount, currency: String) async throws(APIError) -> CreatedPayment {
        let session = current
        let body: JSONValue = .dictionary(["amount": .string("\(amount)"), "currency": .string(currency)])
        let call = APICall(
            method: .post, path: "/payments/", body: body.serialized(), timeout: session.configuration.timeout,
            mayRepeat: false)
        let answer = try await session.answer(call)
        do { return try CreatedPayment(answer: answer.body) } catch {
            throw session.undecodable(.undecodable, call, answer, error.meaning)
        }
    }

    /// Time since a moment of no meaning, going on while the machine sleeps, as a token's lifetime does.
    public static let uptime: @Sendable () -> Duration = {
        let origin = ContinuousClock.now
        return { origin.duration(to: .now) }
    }()

    private var current: ClientSession { session.withLock { $0 } }
}

extension AnswerFault {
    fileprivate var kind: APIError.Kind {
        if case .otherID(_, let found) = self { return .wrongID(found) }
        return .undecodable
    }

    /// As the description, but without a name from the answer, which could be the beginning of a secret.
    fileprivate var meaning: String {
        if case .repeatedName = self { return "the answer holds a name twice" }
        return description
    }
}

extension PaymentListDecoder.Fault {
    fileprivate var meaning: String {
        switch self {
        case .notJSON(let fault): "the answer is no JSON: \(fault)"
        case .notAnArray: "the answer is no array"
        case .element(let index, let fault): "element \(index) is no payment: \(fault.meaning)"
        }
    }
}
