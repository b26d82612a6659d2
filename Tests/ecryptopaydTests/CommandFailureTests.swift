import ECryptoPay
import Glibc
import JournalStore
import POSIX
import Testing

@testable import ecryptopayd

/// The exit code of each failure, and what is said of it.
struct CommandFailureTests {
    private static func error(_ kind: APIError.Kind, path: String = "/api/v1/payments/1", retryAfter: Duration? = nil)
        -> APIError
    {
        APIError(kind: kind, method: "GET", path: path, detail: "detail", retryAfter: retryAfter)
    }

    @Test(
        arguments: [
            (.status(503), .tryAgain, "try again later"), (.status(500), .tryAgain, "try again later"),
            (.status(429), .tryAgain, "try again later"), (.status(403), .permission, "the account may not do that"),
            (.status(401), .permission, "the account may not do that"),
            (.credentialsRefused, .permission, "check ECRYPTOPAY_EMAIL"), (.status(400), .badData, ""),
            (.undecodable, .badData, "the API has changed"), (.wrongID(2), .badData, "check ECRYPTOPAY_API_URL"),
            (.tooLarge(limit: 1), .badData, ""), (.connectionLost, .unavailable, ""),
            (.timeout, .unavailable, "raise ECRYPTOPAY_API_TIMEOUT"), (.dns, .unavailable, "check ECRYPTOPAY_API_URL"),
            (.connect, .unavailable, "check ECRYPTOPAY_API_URL"),
            (.tls(.unknownAuthority), .unavailable, "ECRYPTOPAY_CA_FILE"),
            (.tls(.authorityFile), .configuration, "check ECRYPTOPAY_CA_FILE"),
            (.status(404), .configuration, "check ECRYPTOPAY_API_URL"),
            (.status(301), .configuration, "check ECRYPTOPAY_API_URL"),
            (.invalidRequest, .configuration, "check ECRYPTOPAY_API_URL"),
        ] as [(APIError.Kind, ecryptopayd.ExitStatus, String)])
    func `a failed call has its exit code, says what was asked, and how to mend it`(
        kind: APIError.Kind, status: ecryptopayd.ExitStatus, hint: String
    ) {
        let error = Self.error(kind)
        let failure = CommandFailure(error)
        #expect(failure.status == status)
        #expect(failure.message.hasPrefix("\(error)"))
        #expect(
            hint.isEmpty
                ? failure.message == "\(error)" : failure.message.contains("; ") && failure.message.contains(hint))
        #expect(failure.message.contains("/api/v1/payments/1"))
    }

    @Test func `a payment that is not there is no fault of the configuration`() {
        for kind in [.status(404), .status(410)] as [APIError.Kind] {
            let failure = CommandFailure(Self.error(kind), payment: 1)
            #expect(failure.status == .noInput)
            #expect(failure.message.contains("there is no payment 1") && failure.message.contains("payments list"))
        }
        #expect(CommandFailure(Self.error(.status(403)), payment: 1).status == .permission)
    }

    @Test(
        arguments: [
            // Carried out and not answered, or answered by something that may not know.
            (.connectionLost, .unavailable, "whether the payment was created is not known"),
            (.timeout, .unavailable, "whether the payment was created is not known"),
            (.cancelled, .unavailable, "whether the payment was created is not known"),
            (.status(502), .unavailable, "whether the payment was created is not known"),
            (.status(408), .unavailable, "whether the payment was created is not known"),
            // The answer says that it was created, and cannot be read.
            (.undecodable, .badData, "the payment was created, but the answer does not tell its number"),
        ] as [(APIError.Kind, ecryptopayd.ExitStatus, String)])
    func `a creation that may have been carried out says so, and how to look for it`(
        kind: APIError.Kind, status: ecryptopayd.ExitStatus, message: String
    ) {
        let failure = CommandFailure(creation: Self.error(kind, path: "/api/v1/payments/"))
        #expect(failure.status == status)
        #expect(failure.message.hasPrefix(message) && failure.message.contains("payments list --since"))
    }

    @Test func `a creation that was certainly not carried out fails as any other call`() {
        for (kind, path, status) in [
            (.status(429), "/api/v1/payments/", .tryAgain), (.status(403), "/api/v1/payments/", .permission),
            (.status(401), "/api/v1/payments/", .permission), (.connect, "/api/v1/payments/", .unavailable),
            // Its token's call comes before it.
            (.status(503), "/api/v1/oauth/token", .tryAgain), (.timeout, "/api/v1/oauth/token", .unavailable),
        ] as [(APIError.Kind, String, ecryptopayd.ExitStatus)] {
            let failure = CommandFailure(creation: Self.error(kind, path: path, retryAfter: .seconds(30)))
            #expect(failure.status == status, "\(kind)")
            #expect(!failure.message.contains("not known") && !failure.message.contains("payments list"))
        }
    }

    @Test(
        arguments: [
            (.locked(directory: "/j"), .tryAgain), (.halfCopied, .badData), (.system(fault(EACCES)), .permission),
            (.system(fault(ENOENT)), .configuration), (.system(fault(EIO)), .inputOutput),
            (.system(fault(EROFS)), .inputOutput),
        ] as [(JournalFault, ecryptopayd.ExitStatus)])
    func `a journal that cannot be opened has its exit code, and where the system refuses it names the key`(
        fault: JournalFault, status: ecryptopayd.ExitStatus
    ) {
        let failure = CommandFailure(fault, configured: "/j")
        #expect(failure.status == status)
        if case .system(let error) = fault {
            #expect(failure.message.hasPrefix("ECRYPTOPAY_JOURNAL=/j cannot be used: \(error); "))
        }
    }

    private static func fault(_ number: Int32) -> SystemError {
        SystemError(call: "openat", errno: number, subject: "/j")
    }
}
