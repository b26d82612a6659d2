/// What a reader has understood of one request.
struct Message: Equatable, CustomStringConvertible {
    struct Field: Equatable {
        let name: [UInt8]
        let value: [UInt8]
    }

    /// The name of the case of `HTTP1.Method` that stands for it.
    let method: String
    let path: [UInt8]
    let query: [UInt8]?
    let fields: [Field]
    let body: [UInt8]

    var description: String {
        let texts = [path] + [query ?? Array("(no query)".utf8)] + fields.flatMap { [$0.name, $0.value] } + [body]
        return ([method] + texts.map { String(decoding: $0, as: UTF8.self).debugDescription }).joined(separator: " ")
    }
}
