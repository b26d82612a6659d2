/// Why no secure connection came about.
public enum TLSFault: Sendable, Hashable {
    /// The certificate is good, but for another host name (RFC 9110 4.3.4).
    case wrongName
    /// The certificate's validity has ended.
    case expired
    /// The certificate's validity has not begun; often it is the local clock that is wrong.
    case notYetValid
    /// No trusted authority stands behind the certificate: self-signed, or of an unknown CA.
    case unknownAuthority
    /// The server speaks nothing newer than TLS 1.1.
    case protocolVersion
    /// The file of trusted authorities cannot be read or holds no certificate.
    case authorityFile
    /// Anything else: a broken handshake, a revoked certificate, no common cipher.
    case other

    /// What it means, for people.
    var meaning: String {
        switch self {
        case .wrongName: "the server's certificate is for another host name"
        case .expired: "the server's certificate has expired"
        case .notYetValid: "the server's certificate is not valid yet (is this machine's clock right?)"
        case .unknownAuthority: "the server's certificate comes from an unknown authority"
        case .protocolVersion: "the server offers no TLS version from 1.2 on"
        case .authorityFile: "the file of trusted authorities cannot be used"
        case .other: "the TLS handshake failed"
        }
    }
}
