import Glibc
import JSON

/// A configuration at work: its connections and its token. A client swaps the whole of it when its configuration
/// changes.
struct ClientSession: Sendable {
    let configuration: Client.Configuration
    private let transport: Transport
    /// One worker for listings: they take long, and single calls must not wait for them.
    private let listings: Transport
    let tokens: TokenSource

    init(_ configuration: Client.Configuration, tokens: TokenSource) {
        self.configuration = configuration
        self.tokens = tokens
        transport = Transport(configuration.transportOptions)
        var options = configuration.transportOptions
        options.workers = 1
        listings = Transport(options)
    }

    /// Sends the call with a token; when the API refuses that token, once more with another one, and never a third
    /// time.
    ///
    /// A 401 says that nothing was done, so even a creation may be sent again after it.
    func answer(_ call: APICall) async throws(APIError) -> TransportAnswer {
        let token = try await self.token(for: call)
        let first = try await send(call, token)
        guard first.status == 401 else { return try success(first, call, token) }
        let fresh = try await self.token(for: call, insteadOf: token)
        return try success(try await send(call, fresh), call, fresh)
    }

    /// Waits for a token on behalf of the call.
    @discardableResult
    func token(for call: APICall, insteadOf refused: AccessToken? = nil) async throws(APIError) -> AccessToken {
        let outcome = await tokens.token(insteadOf: refused) { (grant) async throws(APIError) in
            try await fetchToken(grant)
        }
        guard let outcome else { throw error(.cancelled, call, "cancelled") }
        return try outcome.get()
    }

    // MARK: Calls

    private func send(_ call: APICall, _ token: AccessToken) async throws(APIError) -> TransportAnswer {
        var fields = [("Accept", "application/json"), ("Authorization", "Bearer \(token.value)")]
        if call.method == .post { fields.append(("Content-Type", "application/json")) }
        return try await perform(call, fields)
    }

    private func success(
        _ answer: TransportAnswer, _ call: APICall, _ token: AccessToken
    ) throws(APIError) -> TransportAnswer {
        if (200..<300).contains(answer.status) { return answer }
        let redactor = Redactor(secrets + [token.value])
        throw error(.status(answer.status), call, detail(answer, ErrorAnswer.message(answer), redactor), answer)
    }

    /// The error for a 2xx whose body is of no use; `fault` says why.
    func undecodable(
        _ kind: APIError.Kind, _ call: APICall, _ answer: TransportAnswer, _ fault: String
    ) -> APIError {
        let seen = ErrorAnswer.message(answer).map { "; it says: \($0)" } ?? ""
        return error(kind, call, line("answered \(answer.status), but \(fault)\(seen)", Redactor(secrets)))
    }

    // MARK: Tokens

    static let tokenPath = "/oauth/token"

    private func fetchToken(_ grant: TokenGrant) async throws(APIError) -> TokenAnswer {
        let call = APICall(
            method: .post, path: Self.tokenPath, body: grant.body(configuration.credentials),
            timeout: configuration.timeout, maximumAnswerBytes: 64 << 10)
        let fields = [("Accept", "application/json"), ("Content-Type", "application/json")]
        let answer = try await perform(call, fields)
        guard (200..<300).contains(answer.status) else { throw tokenRefusal(answer, call) }
        guard let token = TokenAnswer(body: answer.body) else {
            // Nothing of the body is shown: it may hold a token that nobody knows yet.
            throw error(.undecodable, call, "answered \(answer.status), but without a usable bearer token")
        }
        return token
    }

    /// Tells wrong credentials (RFC 6749 5.2) from anything else that a server, or a proxy before it, may answer.
    private func tokenRefusal(_ answer: TransportAnswer, _ call: APICall) -> APIError {
        let code = (try? JSONValue(parsing: answer.body))?["error"]?.string
        let refusals = ["invalid_grant", "invalid_client", "unauthorized_client"]
        let isRefusal = answer.status == 401 || (answer.status == 400 && code.map(refusals.contains) == true)
        let message = ErrorAnswer.message(answer, onlyKnownShapes: true)
        return error(
            isRefusal ? .credentialsRefused : .status(answer.status), call,
            detail(answer, message, Redactor(secrets)), answer)
    }

    private var secrets: [String] {
        [configuration.credentials.clientSecret, configuration.credentials.password] + tokens.secrets
    }

    // MARK: Both

    private func perform(_ call: APICall, _ fields: [(String, String)]) async throws(APIError) -> TransportAnswer {
        let request = TransportRequest(
            call.method, base + call.path, fields: fields, body: call.body, timeout: call.timeout,
            maximumAnswerBytes: call.maximumAnswerBytes, mayRepeat: call.mayRepeat, sink: call.sink)
        do { return try await (call.sink == nil ? transport : listings).perform(request) } catch {
            throw self.error(.init(error.kind), call, error.kind == .cancelled ? "cancelled" : error.message)
        }
    }

    private func error(
        _ kind: APIError.Kind, _ call: APICall, _ detail: String, _ answer: TransportAnswer? = nil
    ) -> APIError {
        APIError(
            kind: kind, method: call.method.rawValue, path: path + call.path, detail: detail,
            retryAfter: answer.flatMap { RetryAfter.duration($0, now: Int64(time(nil))) })
    }

    private func detail(_ answer: TransportAnswer, _ message: String?, _ redactor: Redactor) -> String {
        var text = "answered \(answer.status)"
        if (300..<400).contains(answer.status) {
            text += answer.value(of: "Location").map { ", a redirect to \($0), which is not followed" } ?? ""
        } else if let message {
            text += ": \(message)"
        }
        return line(text, redactor)
    }

    /// Redacts before it bounds: a secret cut in two would not be found.
    private func line(_ text: String, _ redactor: Redactor) -> String {
        ReadableText.line(redactor.redacted(text), limit: 300)
    }

    private var base: Substring { configuration.apiURL.trimmingSlashes }

    /// The path that every call's path is appended to, e.g. `/api/v1`.
    private var path: Substring {
        let afterScheme = base.firstIndex(of: ":").map { base[$0...].drop { $0 == ":" || $0 == "/" } } ?? base
        return afterScheme.drop { $0 != "/" }
    }
}

extension String {
    fileprivate var trimmingSlashes: Substring {
        var text = self[...]
        while text.last == "/" { text.removeLast() }
        return text
    }
}
