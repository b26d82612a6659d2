import CQREncode

/// A QR code (ISO/IEC 18004): a square of dark and light modules, without the margin that it needs around it.
struct QRCode {
    /// How many modules it has on a side.
    let size: Int
    private let isDark: [Bool]

    /// Encodes a text's UTF-8, of which 15 % of the modules may be misread; nil when it is longer than any code holds.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let code = QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M) else { return nil }
        defer { QRcode_free(code) }
        size = Int(code.pointee.width)
        // The lowest bit of each byte is the module's colour; the others say what it is there for.
        isDark = UnsafeBufferPointer(start: code.pointee.data, count: size * size).map { $0 & 1 == 1 }
    }

    /// Whether the module is dark; those around the code are light.
    subscript(row: Int, column: Int) -> Bool {
        let square = 0..<size
        return square.contains(row) && square.contains(column) && isDark[row * size + column]
    }
}
