/// One call of the API, before it knows its host and its token.
struct APICall: Sendable {
    let method: TransportRequest.Method
    /// The path below the API's URL, e.g. `/payments/42`.
    let path: String
    var body: [UInt8] = []
    var timeout: Duration
    var maximumAnswerBytes = 1 << 20
    /// See `TransportRequest.mayRepeat`.
    var mayRepeat = true
    /// See `TransportRequest.sink`.
    var sink: (any AnswerSink)?
}
