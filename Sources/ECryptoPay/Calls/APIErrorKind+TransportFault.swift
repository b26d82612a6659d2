extension APIError.Kind {
    /// The same cause under the API's name for it.
    init(_ kind: TransportFault.Kind) {
        self =
            switch kind {
            case .invalidRequest: .invalidRequest
            case .dns: .dns
            case .connect: .connect
            case .tls(let fault): .tls(fault)
            case .timeout: .timeout
            case .connectionLost: .connectionLost
            case .malformedAnswer: .malformedAnswer
            case .tooLarge(let limit): .tooLarge(limit: limit)
            case .cancelled: .cancelled
            case .other: .other
            }
    }
}
