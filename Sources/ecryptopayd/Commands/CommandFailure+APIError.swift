import ECryptoPay
import Payments

extension CommandFailure {
    /// What a call of the API failed with, and how to mend it.
    ///
    /// - Parameter payment: the payment that was asked for, if it was one: then a 404 means that there is no such.
    init(_ error: APIError, payment: PaymentID? = nil) {
        if let payment, error.isAbsence {
            self.init(
                .noInput,
                "there is no payment \(payment) in this account (\(error)); \"ecryptopayd payments list\" shows those there are"
            )
        } else {
            self.init(error.exitStatus, "\(error)\(error.hint.map { "; \($0)" } ?? "")")
        }
    }
}

extension APIError {
    /// Whether it says that there is nothing under that address.
    var isAbsence: Bool { kind == .status(404) || kind == .status(410) }

    /// The exit code that scripts tell it by.
    var exitStatus: ExitStatus {
        switch kind {
        case .dns, .connect, .timeout, .connectionLost, .malformedAnswer, .other: .unavailable
        case .tls(let fault): fault == .authorityFile ? .configuration : .unavailable
        case .tooLarge, .undecodable, .wrongID: .badData
        case .credentialsRefused, .status(401), .status(403): .permission
        // A redirect or an absence where the documentation has an endpoint: it is another address that was meant.
        case .invalidRequest, .status(300..<400), .status(404), .status(410): .configuration
        case .status: isTransient ? .tryAgain : .badData
        case .cancelled: .unavailable
        }
    }

    /// What the reader can do about it, where there is more to say than to try again.
    fileprivate var hint: String? {
        switch kind {
        case .credentialsRefused:
            "check ECRYPTOPAY_EMAIL, ECRYPTOPAY_PASSWORD, ECRYPTOPAY_CLIENT_ID and ECRYPTOPAY_CLIENT_SECRET"
        case .dns, .connect, .malformedAnswer, .invalidRequest, .wrongID, .status(300..<400), .status(404),
            .status(410):
            "check ECRYPTOPAY_API_URL"
        case .tooLarge where isAboutToken: "no token is that long: check ECRYPTOPAY_API_URL"
        case .undecodable: "the API has changed, or ECRYPTOPAY_API_URL names another one"
        case .tls(.authorityFile): "check ECRYPTOPAY_CA_FILE"
        case .tls(.unknownAuthority): "if the authority is your own, name its file in ECRYPTOPAY_CA_FILE"
        case .timeout: "try again, or raise ECRYPTOPAY_API_TIMEOUT"
        case .status(401), .status(403): "the account may not do that"
        case .status: isTransient ? "try again later" : nil
        case .tls, .connectionLost, .tooLarge, .cancelled, .other: nil
        }
    }
}
