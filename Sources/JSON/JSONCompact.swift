/// Texts without their insignificant white space.
public enum JSONCompact {
    /// A copy of a text that a scanner has found well-formed, without the white space between its tokens.
    ///
    /// `whiteSpace` is what the scanner counted: with none, the copy is one move of memory.
    public static func copy(_ bytes: Span<UInt8>, whiteSpace: Int) -> [UInt8] {
        var result: [UInt8] = []
        append(bytes, whiteSpace: whiteSpace, to: &result)
        return result
    }

    /// Appends such a copy.
    public static func append(_ bytes: Span<UInt8>, whiteSpace: Int, to output: inout [UInt8]) {
        if whiteSpace == 0 {
            unsafe bytes.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
            return
        }
        var isInString = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if isInString, byte == UInt8(ascii: "\\") {
                output.append(byte)
                output.append(bytes[index + 1])
                index += 2
                continue
            }
            if byte == UInt8(ascii: "\"") { isInString.toggle() }
            if isInString || !(byte == 0x20 || (0x09...0x0D).contains(byte)) { output.append(byte) }
            index += 1
        }
    }
}
