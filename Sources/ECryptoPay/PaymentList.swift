import JSON
import Payments

/// The answer of `GET /payments`: a bare array (API documentation, "Get All Payments").
enum PaymentList {
    /// Why an answer is no list.
    enum Fault: Error, Hashable {
        case notJSON(JSONFault)
        case notAnArray
        /// The element at that index, from 0, is no payment.
        case element(Int, AnswerFault)
    }

    /// Each element is read from its own bytes, so that its JSON stays as it came.
    static func payments(_ body: [UInt8]) throws(Fault) -> [ConfirmedPayment] {
        var payments: [ConfirmedPayment] = []
        for (index, range) in try elements(body).enumerated() {
            do {
                payments.append(try ConfirmedPayment(answer: body.span.extracting(range), asked: nil))
            } catch { throw .element(index, error) }
        }
        return payments
    }

    private static func elements(_ body: [UInt8]) throws(Fault) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        do {
            var scanner = JSONScanner()
            let token = try scanner.text(body.span)
            guard token.kind == .array else { throw Fault.notAnArray }
            scanner = JSONScanner(at: token.range.lowerBound)
            try scanner.elements(body.span) { ranges.append($0.rawRange) }
        } catch let fault as JSONFault { throw .notJSON(fault) } catch { throw .notAnArray }
        return ranges
    }
}
