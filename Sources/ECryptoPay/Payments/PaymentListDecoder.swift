import JSON
import Payments

/// Reads the answer of `GET /payments` as it comes: a bare array of payments (API documentation, "Get All Payments").
///
/// Each payment is read from its own bytes, so that its JSON stays as it came; of the text, no more than one element is
/// kept.
struct PaymentListDecoder {
    /// Why an answer is no list.
    enum Fault: Error, Hashable {
        case notJSON(JSONFault)
        case notAnArray
        /// The element at that index, from 0, is no payment.
        case element(Int, AnswerFault)
    }

    private enum Phase {
        /// Before the opening bracket.
        case start
        /// Behind it: an element, or the end.
        case first
        /// Behind a comma.
        case next
        /// Within an element.
        case element
        /// Behind an element: a comma, or the end.
        case behind
        case end
    }

    /// The longest element; a payment takes some 250 bytes.
    private static let elementBytes = 1 << 20

    /// How many payments have been shown.
    private(set) var count = 0
    private var phase = Phase.start
    /// The bytes of all chunks before this one.
    private var base = 0
    /// What came of an element before this chunk.
    private var held: [UInt8] = []
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    /// Takes the next bytes, and shows each payment that is whole.
    mutating func feed(_ chunk: Span<UInt8>, _ body: (ConfirmedPayment) -> Void) throws(Fault) {
        var position = 0
        while position < chunk.count {
            if phase == .element {
                position = try readElement(chunk, from: position, body)
            } else {
                try take(chunk[position], at: position)
                // An element begins with its brace.
                if phase != .element { position += 1 }
            }
        }
        base += chunk.count
    }

    /// To be called behind the last byte: half a list is no list.
    func finish() throws(Fault) {
        guard phase == .end else { throw .notJSON(JSONFault("the text ends too early", at: base)) }
    }

    // MARK: Between elements

    private mutating func take(_ byte: UInt8, at position: Int) throws(Fault) {
        if byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { return }
        switch (phase, byte) {
        case (.start, UInt8(ascii: "[")): phase = .first
        case (.start, _): throw .notAnArray
        case (.first, UInt8(ascii: "]")), (.behind, UInt8(ascii: "]")): phase = .end
        case (.behind, UInt8(ascii: ",")): phase = .next
        case (.first, UInt8(ascii: "{")), (.next, UInt8(ascii: "{")): phase = .element
        case (.first, _), (.next, _):
            throw .element(count, .notJSON(JSONFault("an object is wanted", at: 0)))
        case (.behind, _): throw .notJSON(JSONFault("a comma or a closing bracket is missing", at: base + position))
        default: throw .notJSON(JSONFault("something follows the list", at: base + position))
        }
    }

    // MARK: Elements

    /// Reads on in an element; returns where it ends, or the chunk's end.
    private mutating func readElement(
        _ chunk: Span<UInt8>, from start: Int, _ body: (ConfirmedPayment) -> Void
    ) throws(Fault) -> Int {
        let end = findEnd(chunk, from: start)
        let piece = chunk.extracting(start..<(end ?? chunk.count))
        guard held.count + piece.count <= Self.elementBytes else {
            throw .element(count, .notJSON(JSONFault("longer than \(Self.elementBytes) bytes", at: 0)))
        }
        guard let end else {
            JSONCompact.append(piece, whiteSpace: 0, to: &held)
            return chunk.count
        }
        if held.isEmpty {
            try show(piece, body)
        } else {
            JSONCompact.append(piece, whiteSpace: 0, to: &held)
            var element: [UInt8] = []
            swap(&element, &held)
            try show(element.span, body)
        }
        phase = .behind
        return end
    }

    /// Where the element's last brace ends; only braces and strings are looked at, the rest is for the payment to check.
    private mutating func findEnd(_ chunk: Span<UInt8>, from start: Int) -> Int? {
        for index in start..<chunk.count {
            let byte = chunk[index]
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if byte == UInt8(ascii: "{") {
                depth += 1
            } else if byte == UInt8(ascii: "}") {
                depth -= 1
                if depth == 0 { return index + 1 }
            }
        }
        return nil
    }

    private mutating func show(_ element: Span<UInt8>, _ body: (ConfirmedPayment) -> Void) throws(Fault) {
        let payment: ConfirmedPayment
        do { payment = try ConfirmedPayment(answer: element, asked: nil) } catch { throw .element(count, error) }
        count += 1
        body(payment)
    }
}
