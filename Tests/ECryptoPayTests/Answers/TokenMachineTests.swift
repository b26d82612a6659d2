import Testing

@testable import ECryptoPay

@Suite struct TokenMachineTests {
    private var machine = TokenMachine()
    private let answer = TokenAnswer(accessToken: "first", lifetime: .seconds(7_200), refreshToken: "again")

    private func error(_ kind: APIError.Kind, retryAfter: Duration? = nil) -> APIError {
        APIError(kind: kind, method: "POST", path: "/oauth/token", detail: "", retryAfter: retryAfter)
    }

    private func token(_ outcome: TokenMachine.Outcome) throws -> AccessToken {
        guard case .settled(.success(let token)) = outcome else { throw error(.other) }
        return token
    }

    /// A machine that holds a token since 0.
    private mutating func hold(_ answer: TokenAnswer? = nil) throws -> AccessToken {
        #expect(machine.request(now: .zero) == .fetch(.password))
        return try token(machine.received(answer ?? self.answer, began: .zero))
    }

    // MARK: One request at a time

    @Test mutating func `the first caller fetches by password and the others wait`() throws {
        #expect(machine.request(now: .zero) == .fetch(.password))
        #expect(machine.request(now: .seconds(1)) == .wait)
        #expect(machine.request(now: .seconds(2)) == .wait)
        let token = try token(machine.received(answer, began: .zero))
        #expect(token.value == "first")
        #expect(machine.request(now: .seconds(3)) == .use(token))
    }

    @Test mutating func `after an outage the next caller tries again at once`() {
        #expect(machine.request(now: .zero) == .fetch(.password))
        #expect(machine.failed(error(.timeout), for: .password, now: .zero) == .settled(.failure(error(.timeout))))
        #expect(machine.request(now: .zero) == .fetch(.password))
    }

    // MARK: Renewal

    @Test mutating func `a token is renewed a minute before its end, and serves meanwhile`() throws {
        let first = try hold()
        #expect(machine.request(now: .seconds(7_139)) == .use(first))
        #expect(machine.request(now: .seconds(7_140)) == .useAndFetch(first, .refresh("again")))
        #expect(machine.request(now: .seconds(7_141)) == .use(first))
        let renewed = TokenAnswer(accessToken: "second", lifetime: .seconds(7_200), refreshToken: nil)
        let second = try token(machine.received(renewed, began: .seconds(7_140)))
        #expect(machine.request(now: .seconds(7_142)) == .use(second))
        #expect(second.generation == first.generation + 1)
        // The answer brought no new refresh token, so the old one goes on.
        #expect(machine.request(now: .seconds(7_140 + 7_140)) == .useAndFetch(second, .refresh("again")))
    }

    @Test mutating func `a short life is renewed at nine tenths`() throws {
        let token = try hold(TokenAnswer(accessToken: "a", lifetime: .seconds(10), refreshToken: nil))
        #expect(machine.request(now: .milliseconds(8_999)) == .use(token))
        #expect(machine.request(now: .seconds(9)) == .useAndFetch(token, .password))
    }

    @Test mutating func `an ended token is not used`() throws {
        _ = try hold()
        #expect(machine.request(now: .seconds(7_200)) == .fetch(.refresh("again")))
        #expect(machine.request(now: .seconds(7_201)) == .wait)
    }

    @Test mutating func `the life counts from when the request was sent`() throws {
        #expect(machine.request(now: .seconds(100)) == .fetch(.password))
        let token = try token(machine.received(answer, began: .seconds(100)))
        #expect(machine.request(now: .seconds(7_200)) == .use(token))
        #expect(machine.request(now: .seconds(7_300)) == .fetch(.refresh("again")))
    }

    @Test mutating func `a token without a stated life is used until it is refused`() throws {
        let token = try hold(TokenAnswer(accessToken: "a", lifetime: nil, refreshToken: nil))
        #expect(machine.request(now: .seconds(1_000_000)) == .use(token))
        #expect(machine.request(insteadOf: token, now: .seconds(1_000_000)) == .fetch(.password))
    }

    @Test mutating func `a renewal that fails is tried again after a while, and the token serves to its end`() throws {
        let token = try hold()
        #expect(machine.request(now: .seconds(7_150)) == .useAndFetch(token, .refresh("again")))
        _ = machine.failed(error(.timeout), for: .refresh("again"), now: .seconds(7_151))
        #expect(machine.request(now: .seconds(7_152)) == .use(token))
        #expect(machine.request(now: .seconds(7_156)) == .useAndFetch(token, .refresh("again")))
    }

    @Test mutating func `a refused refresh token is dropped for the password`() throws {
        for kind in [APIError.Kind.credentialsRefused, .status(400), .status(403), .status(422)] {
            machine = TokenMachine()
            _ = try hold()
            #expect(machine.request(now: .seconds(7_200)) == .fetch(.refresh("again")))
            #expect(machine.failed(error(kind), for: .refresh("again"), now: .seconds(7_201)) == .fetch(.password))
            #expect(machine.request(now: .seconds(7_202)) == .wait)
            _ = try token(machine.received(answer, began: .seconds(7_201)))
        }
    }

    @Test mutating func `an outage does not cost the refresh token`() throws {
        _ = try hold()
        for kind in [APIError.Kind.timeout, .status(500), .status(429), .status(408), .connect] {
            #expect(machine.request(now: .seconds(7_200)) == .fetch(.refresh("again")))
            _ = machine.failed(error(kind), for: .refresh("again"), now: .seconds(7_200))
        }
    }

    @Test mutating func `a password grant without a refresh token forgets the old one`() throws {
        _ = try hold()
        _ = machine.request(now: .seconds(7_200))
        _ = machine.failed(error(.credentialsRefused), for: .refresh("again"), now: .seconds(7_200))
        let second = try token(
            machine.received(
                TokenAnswer(accessToken: "b", lifetime: nil, refreshToken: nil), began: .zero))
        #expect(machine.request(insteadOf: second, now: .seconds(7_300)) == .fetch(.password))
    }

    // MARK: A refused access token

    @Test mutating func `a refused token is replaced once, and a caller with an older one gets the newer`() throws {
        let first = try hold()
        #expect(machine.request(insteadOf: first, now: .seconds(1)) == .fetch(.refresh("again")))
        #expect(machine.request(insteadOf: first, now: .seconds(1)) == .wait)
        let second = try token(machine.received(answer, began: .seconds(1)))
        #expect(machine.request(insteadOf: first, now: .seconds(2)) == .use(second))
    }

    // MARK: Refused credentials

    @Test mutating func `a refusal is remembered for pauses that grow to fifteen minutes`() {
        var now = Duration.zero
        var pauses: [Duration] = []
        for _ in 0..<12 {
            #expect(machine.request(now: now) == .fetch(.password))
            _ = machine.failed(error(.credentialsRefused), for: .password, now: now)
            guard case .fail(let remembered) = machine.request(now: now), let pause = remembered.retryAfter else {
                Issue.record("a caller during the pause asked anew")
                return
            }
            #expect(remembered.kind == .credentialsRefused)
            pauses.append(pause)
            now += pause
        }
        #expect(pauses.prefix(3) == [.seconds(5), .seconds(10), .seconds(20)])
        #expect(pauses.last == .seconds(900))
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test mutating func `a remembered refusal says how long it still holds`() {
        _ = machine.request(now: .zero)
        _ = machine.failed(error(.credentialsRefused), for: .password, now: .zero)
        #expect(
            machine.request(now: .seconds(2)) == .fail(error(.credentialsRefused, retryAfter: .seconds(3))))
        #expect(machine.request(now: .seconds(5)) == .fetch(.password))
    }

    @Test mutating func `a good answer ends the growth of the pauses`() throws {
        for now in [0, 5] {
            _ = machine.request(now: .seconds(now))
            _ = machine.failed(error(.credentialsRefused), for: .password, now: .seconds(now))
        }
        #expect(machine.request(now: .seconds(15)) == .fetch(.password))
        let token = try token(machine.received(answer, began: .seconds(15)))
        #expect(machine.request(insteadOf: token, now: .seconds(20)) == .fetch(.refresh("again")))
        _ = machine.failed(error(.credentialsRefused), for: .refresh("again"), now: .seconds(20))
        _ = machine.failed(error(.credentialsRefused), for: .password, now: .seconds(20))
        #expect(machine.request(now: .seconds(25)) == .fetch(.password))
    }

    @Test mutating func `a refusal during a renewal leaves the token in use`() throws {
        let token = try hold(TokenAnswer(accessToken: "a", lifetime: .seconds(7_200), refreshToken: nil))
        #expect(machine.request(now: .seconds(7_150)) == .useAndFetch(token, .password))
        _ = machine.failed(error(.credentialsRefused), for: .password, now: .seconds(7_151))
        #expect(machine.request(now: .seconds(7_152)) == .use(token))
        #expect(machine.request(now: .seconds(7_156)) == .useAndFetch(token, .password))
    }

    @Test mutating func `a forgotten refusal lets the next caller ask`() {
        _ = machine.request(now: .zero)
        _ = machine.failed(error(.credentialsRefused), for: .password, now: .zero)
        machine.forgetRefusal()
        #expect(machine.request(now: .zero) == .fetch(.password))
    }

    @Test mutating func `Retry-After of the token endpoint is kept, to fifteen minutes`() {
        _ = machine.request(now: .zero)
        _ = machine.failed(error(.status(429), retryAfter: .seconds(30)), for: .password, now: .zero)
        #expect(
            machine.request(now: .seconds(10)) == .fail(error(.status(429), retryAfter: .seconds(20))))
        #expect(machine.request(now: .seconds(30)) == .fetch(.password))
        _ = machine.failed(error(.status(503), retryAfter: .seconds(86_400)), for: .password, now: .seconds(30))
        #expect(machine.request(now: .seconds(931)) == .fetch(.password))
    }

    // MARK: Secrets

    @Test mutating func `no token shows when a token, grant, answer or machine is printed`() throws {
        let token = try hold(TokenAnswer(accessToken: "s3cret-a", lifetime: nil, refreshToken: "s3cret-r"))
        #expect(Set(machine.secrets) == ["s3cret-a", "s3cret-r"])
        var text = ""
        dump(token, to: &text)
        text += "\(token) \(TokenGrant.refresh("s3cret-r")) \(TokenMachine.Step.use(token))"
        text += "\(TokenAnswer(accessToken: "s3cret-a", lifetime: nil, refreshToken: "s3cret-r"))"
        text += String(reflecting: TokenGrant.refresh("s3cret-r"))
        #expect(!text.contains("s3cret"))
    }
}
