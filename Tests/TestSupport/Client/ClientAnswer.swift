/// An answer as a test's client read it.
package struct ClientAnswer: Sendable, Equatable {
    /// The status code; interim answers (1xx) are answers of their own here.
    package let status: Int
    /// The field lines in their order, names in lower case.
    package let fields: [(name: String, value: String)]
    /// The body, without its coding.
    package let body: String

    /// The value of the first field of that name, which is given in lower case.
    package func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Whether status, fields and body are equal.
    package static func == (one: ClientAnswer, other: ClientAnswer) -> Bool {
        one.status == other.status && one.body == other.body
            && one.fields.elementsEqual(other.fields) { $0 == $1 }
    }
}
