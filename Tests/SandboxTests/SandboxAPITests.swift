import CivilTime
import ECryptoPay
import JSON
import Ledger
import Payments
import Sandbox
import Testing

/// The stand-in beside the documentation (`ecryptopay-api.md`), without our own client between.
@Suite struct SandboxAPITests {
    // MARK: Tokens

    @Test func `a password grant answers as documented`() async throws {
        try await SandboxFixture.run { sandbox in
            let answer = try await sandbox.post("/api/v1/oauth/token", SandboxFixture.grant)
            #expect(answer.status == 200)
            #expect(answer.names == ["access_token", "token_type", "expires_in", "refresh_token", "created_at"])
            #expect(answer.json?["token_type"]?.string == "Bearer")
            #expect(answer.json?["expires_in"]?.integer == 7_200)
            #expect(answer.json?["created_at"]?.integer != nil)
            #expect(answer.value(of: "Cache-Control") == "no-store")
        }
    }

    @Test func `life and refresh token can be left out`() async throws {
        let change = { (options: inout SandboxOptions) in
            options.statesLifetime = false
            options.issuesRefreshTokens = false
        }
        try await SandboxFixture.run(change) { sandbox in
            let answer = try await sandbox.post("/api/v1/oauth/token", SandboxFixture.grant)
            #expect(answer.names == ["access_token", "token_type", "created_at"])
        }
    }

    @Test(arguments: [
        (#""password":"password""#, #""password":"wrong""#, 400, "invalid_grant"),
        (#""email":"shop"#, #""email":"soap"#, 400, "invalid_grant"),
        (#""client_secret":"client-secret""#, #""client_secret":"x""#, 401, "invalid_client"),
        (#""client_id":"client""#, #""client_id":"x""#, 401, "invalid_client"),
        (#""grant_type":"password""#, #""grant_type":"implicit""#, 400, "unsupported_grant_type"),
        (#""grant_type":"password","#, "", 400, "invalid_request"),
        (#""grant_type":"password""#, #""grant_type":"refresh_token""#, 400, "invalid_grant"),
    ])
    func `a wrong grant is refused as Doorkeeper does`(
        part: String, replacement: String, status: Int, error: String
    ) async throws {
        try await SandboxFixture.run { sandbox in
            let parts = SandboxFixture.grant.split(separator: part, maxSplits: 1, omittingEmptySubsequences: false)
            let answer = try await sandbox.post("/api/v1/oauth/token", parts.joined(separator: replacement))
            #expect(answer.status == status)
            #expect(answer.json?["error"]?.string == error)
            #expect(answer.json?["error_description"]?.string?.isEmpty == false)
        }
    }

    @Test func `a refresh token is good once, and ends the token it came with`() async throws {
        try await SandboxFixture.run { sandbox in
            let first = try await sandbox.post("/api/v1/oauth/token", SandboxFixture.grant)
            let access = try #require(first.json?["access_token"]?.string)
            let refresh = try #require(first.json?["refresh_token"]?.string)
            let body = """
                {"grant_type":"refresh_token","refresh_token":"\(refresh)","client_id":"client",\
                "client_secret":"client-secret"}
                """
            #expect(try await sandbox.get("/api/v1/payments", token: access).status == 200)
            let second = try await sandbox.post("/api/v1/oauth/token", body)
            #expect(second.status == 200)
            let old = try await sandbox.get("/api/v1/payments", token: access)
            #expect(old.status == 401)
            #expect(old.value(of: "WWW-Authenticate")?.contains("The access token was revoked") == true)
            #expect(try await sandbox.post("/api/v1/oauth/token", body).status == 400)
            let fresh = try #require(second.json?["access_token"]?.string)
            #expect(try await sandbox.get("/api/v1/payments", token: fresh).status == 200)
        }
    }

    @Test(arguments: [nil, "", "wrong"] as [String?])
    func `a refused bearer is 401 with an empty body and the reason in a field`(token: String?) async throws {
        try await SandboxFixture.run { sandbox in
            for path in ["/api/v1/payments", "/api/v1/payments/1"] {
                let answer = try await sandbox.get(path, token: token)
                #expect(answer.status == 401)
                #expect(answer.body.isEmpty)
                #expect(
                    answer.value(of: "WWW-Authenticate")
                        == """
                        Bearer realm="Doorkeeper", error="invalid_token", \
                        error_description="The access token is invalid"
                        """)
            }
        }
    }

    @Test func `tokens can be given a shorter life at run time`() async throws {
        try await SandboxFixture.run { sandbox in
            #expect(try await sandbox.post("/sandbox/faults", #"{"token_lifetime_s":0}"#).status == 200)
            let answer = try await sandbox.post("/api/v1/oauth/token", SandboxFixture.grant)
            #expect(answer.json?["expires_in"]?.integer == 0)
            let access = try #require(answer.json?["access_token"]?.string)
            #expect(try await sandbox.get("/api/v1/payments", token: access).status == 401)
            #expect(try await sandbox.post("/sandbox/faults", #"{"token_lifetime_s":null}"#).status == 200)
            #expect(try await sandbox.get("/api/v1/payments", token: try await sandbox.token()).status == 200)
        }
    }

    @Test func `a token ends with its life`() async throws {
        try await SandboxFixture.run({ $0.tokenLifetime = 0 }) { sandbox in
            let answer = try await sandbox.get("/api/v1/payments", token: try await sandbox.token())
            #expect(answer.status == 401)
            #expect(answer.value(of: "WWW-Authenticate")?.contains("The access token expired") == true)
        }
    }

    // MARK: Payments

    @Test func `a creation answers 201 with the documented members and no state`() async throws {
        try await SandboxFixture.run { sandbox in
            let token = try await sandbox.token()
            for path in ["/api/v1/payments/", "/api/v1/payments"] {
                let answer = try await sandbox.post(path, #"{"amount":"150.00","currency":"BTC"}"#, token: token)
                #expect(answer.status == 201)
                #expect(
                    answer.names == [
                        "id", "currency", "amount", "created_at", "updated_at", "currency_amount", "qr_image_path",
                    ])
                #expect(answer.json?["amount"]?.string == "150.0")
                #expect(answer.json?["currency"]?.string == "btc")
                let time = try #require(answer.json?["created_at"]?.string)
                #expect(Timestamp(time) != nil && time.utf8.count == "2022-11-01T18:04:05.123Z".utf8.count)
            }
        }
    }

    @Test(arguments: [
        (#"{"amount":"abc"}"#, #"{"amount":["is not a number"]}"#),
        (#"{"currency":"btc"}"#, #"{"amount":["can't be blank","is not a number"]}"#),
        (#"{"amount":0}"#, #"{"amount":["must be greater than 0"]}"#),
        (#"{"amount":"-1"}"#, #"{"amount":["must be greater than 0"]}"#),
        (#"{"amount":"1","currency":"b"}"#, #"{"currency":["is not included in the list"]}"#),
    ])
    func `a faulty creation is 422 as Rails lists it`(body: String, expected: String) async throws {
        try await SandboxFixture.run { sandbox in
            let answer = try await sandbox.post("/api/v1/payments/", body, token: try await sandbox.token())
            #expect(answer.status == 422)
            #expect(answer.text == expected)
        }
    }

    @Test func `the list is a bare array without QR codes, and one payment has one`() async throws {
        try await SandboxFixture.run { sandbox in
            let token = try await sandbox.token()
            #expect(try await sandbox.get("/api/v1/payments", token: token).text == "[]")
            for amount in 1...3 {
                _ = try await sandbox.post("/api/v1/payments/", #"{"amount":"\#(amount)"}"#, token: token)
            }
            let list = try await sandbox.get("/api/v1/payments", token: token)
            #expect(list.json?.array?.compactMap { $0["id"]?.integer } == [1, 2, 3])
            #expect(list.json?.array?.allSatisfy { $0["qr_image_path"] == nil } == true)
            let one = try await sandbox.get("/api/v1/payments/2", token: token)
            #expect(
                one.names == [
                    "id", "currency", "amount", "created_at", "updated_at", "state", "currency_amount", "qr_image_path",
                ])
            #expect(one.json?["state"]?.string == "pending")
        }
    }

    @Test func `the price and the QR code differ at every look, the payment does not`() async throws {
        try await SandboxFixture.run { sandbox in
            let token = try await sandbox.token()
            sandbox.sandbox.createPayment(amount: try #require(.init("150")))
            let first = try await sandbox.get("/api/v1/payments/1", token: token).json
            let second = try await sandbox.get("/api/v1/payments/1", token: token).json
            #expect(first?["currency_amount"] != second?["currency_amount"])
            #expect(first?["qr_image_path"] != second?["qr_image_path"])
            #expect(first?["updated_at"] == second?["updated_at"])
        }
    }

    @Test func `decimals are written as Rails does`() async throws {
        try await SandboxFixture.run { sandbox in
            let token = try await sandbox.token()
            for amount in ["19000000.00", "1900", "0.019", "150.50"] {
                sandbox.sandbox.createPayment(amount: try #require(.init(amount)))
            }
            sandbox.sandbox.createPayment(amount: try #require(.init("0.000001")))
            // Among a hundred random prices some end in a zero.
            for _ in 1...20 {
                for payment in try await sandbox.get("/api/v1/payments", token: token).json?.array ?? [] {
                    for name in ["amount", "currency_amount"] {
                        let text = try #require(payment[name]?.string)
                        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
                        #expect(parts.count == 2 && (parts[1] == "0" || !parts[1].hasSuffix("0")), "\(text)")
                        #expect(parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }, "\(text)")
                    }
                }
            }
        }
    }

    @Test func `JSON comes in chunks, a refusal and a proxy's page with a length`() async throws {
        try await SandboxFixture.run { sandbox in
            let token = try await sandbox.token()
            let list = try await sandbox.get("/api/v1/payments", token: token)
            #expect(list.value(of: "Transfer-Encoding") == "chunked" && list.value(of: "Content-Length") == nil)
            #expect(list.value(of: "Content-Type") == "application/json; charset=utf-8")
            let refusal = try await sandbox.get("/api/v1/payments")
            #expect(refusal.status == 401 && refusal.value(of: "Content-Length") == "0")
            _ = try await sandbox.post("/sandbox/faults", #"{"error_rate":1,"status":502}"#)
            let page = try await sandbox.get("/api/v1/payments", token: token)
            #expect(page.value(of: "Content-Type") == "text/html" && page.value(of: "Content-Length") != nil)
        }
    }

    @Test(arguments: ["/api/v1/payments/99", "/api/v1/payments/x", "/api/v1/payments/-1", "/api/v1/other", "/api/v1"])
    func `what is not there is 404 in Rails' words`(path: String) async throws {
        try await SandboxFixture.run { sandbox in
            let answer = try await sandbox.get(path, token: try await sandbox.token())
            #expect(answer.status == 404)
            #expect(answer.text == #"{"status":404,"error":"Not Found"}"#)
        }
    }

    @Test func `a body that is not JSON is 400`() async throws {
        try await SandboxFixture.run { sandbox in
            #expect(try await sandbox.post("/api/v1/oauth/token", "grant_type=password").status == 400)
            let answer = try await sandbox.post("/api/v1/payments/", "amount=1", token: try await sandbox.token())
            #expect(answer.text == #"{"status":400,"error":"Bad Request"}"#)
        }
    }

    @Test func `equal seeds give equal runs`() async throws {
        var prices: [String?] = []
        for seed in [7, 7, 8] as [UInt64] {
            try await SandboxFixture.run({ $0.seed = seed }) { sandbox in
                sandbox.sandbox.createPayment(amount: try #require(.init("150")))
                let answer = try await sandbox.get("/api/v1/payments/1", token: try await sandbox.token())
                prices.append(answer.json?["currency_amount"]?.string)
            }
        }
        #expect(prices[0] == prices[1] && prices[0] != prices[2])
    }
}
