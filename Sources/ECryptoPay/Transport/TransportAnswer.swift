/// A whole HTTP answer, whatever its status: a 404 or a redirect is an answer too.
package struct TransportAnswer: Sendable {
    /// The final status code, 200 to 599; never an interim one.
    package let status: Int
    /// The header fields of the final answer in the order they came; no trailers.
    package let fields: [(name: String, value: String)]
    /// The body, decompressed; of one that went to an `AnswerSink`, its beginning.
    package let body: [UInt8]

    package init(status: Int, fields: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The value of the first field of that name, in any case, or nil.
    package func value(of name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
