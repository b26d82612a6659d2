import CShims
import Glibc

/// What programs that write for people must know of where they write.
public enum Terminal {
    /// Whether the descriptor is a terminal (isatty(3)).
    public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// How many columns it has; nil for what is no terminal, or does not say.
    public static func columns(of descriptor: Int32) -> Int? {
        let columns = cshims_terminal_columns(descriptor)
        return columns > 0 ? Int(columns) : nil
    }

    /// How many columns a text takes when it is shown (wcwidth(3)): two for a wide letter, none for a combining mark or a
    /// control character.
    public static func width(of text: some StringProtocol) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count { $0 >= 0x20 && $0 != 0x7F } }
        // The process itself runs in the locale "C", in which nothing but ASCII is ever shown.
        guard let locale = unicode else { return text.unicodeScalars.count }
        let before = uselocale(locale)
        defer { uselocale(before) }
        return text.unicodeScalars.reduce(0) { $0 + max(0, Int(cshims_character_columns($1.value))) }
    }

    nonisolated(unsafe) private static let unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)
}
