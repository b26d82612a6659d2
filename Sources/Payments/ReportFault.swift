package import JSON

/// Why a body is not a report. The description is a sentence for the `detail` of a 400 answer, and names the field.
package enum ReportFault: Error, Hashable, CustomStringConvertible {
    /// Not a JSON object, or not JSON at all.
    case notJSON(JSONFault)
    /// A name occurs twice at the top level: readers would differ about which counts.
    case repeatedName(String)
    /// `id` is missing or no positive integer of 63 bits.
    case id(String)
    /// `state` is missing, no string or empty.
    case state(String)

    /// E.g. `"id" must be a positive integer, but it is missing.`
    package var description: String {
        switch self {
        case .notJSON(let fault): "The body must be a JSON object, but a reader finds \(fault)."
        case .repeatedName(let name):
            "The body holds \(JSONString.quoted(name.prefix(40))) twice; each name may occur once."
        case .id(let found): "\"id\" must be a positive integer of at most 63 bits, but it is \(found)."
        case .state(let found): "\"state\" must be a string that is not empty, but it is \(found)."
        }
    }
}
