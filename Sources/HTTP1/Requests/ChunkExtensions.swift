/// The extensions of a chunk: none is understood, so they are checked, then ignored (RFC 9112 section 7.1.1).
enum ChunkExtensions {
    /// Whether what stands between a chunk's size and the end of its line is extensions, or nothing.
    ///
    ///     chunk-ext      = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
    ///     chunk-ext-name = token
    ///     chunk-ext-val  = token / quoted-string
    static func areValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var rest = range
        while !rest.isEmpty {
            guard takeSeparator(ASCII.semicolon, bytes, &rest), takeToken(bytes, &rest) else { return false }
            if takeSeparator(ASCII.equals, bytes, &rest) {
                guard takeQuotedString(bytes, &rest) || takeToken(bytes, &rest) else { return false }
            }
        }
        return true
    }

    /// White space is bad here and allowed, but only around a separator: otherwise nothing is taken.
    private static func takeSeparator(_ separator: UInt8, _ bytes: Span<UInt8>, _ rest: inout Range<Int>) -> Bool {
        var index = rest.lowerBound
        while index < rest.upperBound, bytes[index].isWhitespace { index += 1 }
        guard index < rest.upperBound, bytes[index] == separator else { return false }
        index += 1
        while index < rest.upperBound, bytes[index].isWhitespace { index += 1 }
        rest = index..<rest.upperBound
        return true
    }

    private static func takeToken(_ bytes: Span<UInt8>, _ rest: inout Range<Int>) -> Bool {
        var index = rest.lowerBound
        while index < rest.upperBound, ByteSet.token.contains(bytes[index]) { index += 1 }
        guard index > rest.lowerBound else { return false }
        rest = index..<rest.upperBound
        return true
    }

    /// `quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE` (RFC 9110 section 5.6.4).
    private static func takeQuotedString(_ bytes: Span<UInt8>, _ rest: inout Range<Int>) -> Bool {
        guard !rest.isEmpty, bytes[rest.lowerBound] == ASCII.quote else { return false }
        var index = rest.lowerBound + 1
        while index < rest.upperBound, bytes[index] != ASCII.quote {
            // Behind a backslash even a quote is only a character.
            if bytes[index] == ASCII.backslash { index += 1 }
            guard index < rest.upperBound, bytes[index].isFieldContent else { return false }
            index += 1
        }
        guard index < rest.upperBound else { return false }
        rest = index + 1..<rest.upperBound
        return true
    }
}
