package import JSON

/// Why the API's answer is no payment. It yields *unknown*: never a verdict.
package enum AnswerFault: Error, Hashable, CustomStringConvertible {
    /// Not a JSON object.
    case notJSON(JSONFault)
    /// A name occurs twice at the top level.
    case repeatedName(String)
    /// A member that a payment must have is missing or of the wrong type: its name and what is wrong.
    case field(String, String)
    /// It is another payment than the one asked for.
    case otherID(asked: PaymentID, found: PaymentID)

    /// E.g. `the answer's "state" is missing`.
    package var description: String {
        switch self {
        case .notJSON(let fault): "the answer is no JSON object: \(fault)"
        case .repeatedName(let name): "the answer holds \(JSONString.quoted(name.prefix(40))) twice"
        case .field(let name, let problem): "the answer's \"\(name)\" is \(problem)"
        case .otherID(let asked, let found): "asked for payment \(asked), the answer is payment \(found)"
        }
    }
}
