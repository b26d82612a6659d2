extension QRCode {
    /// The light margin that a reader needs to find the code: four modules.
    private static let margin = 4

    /// How many columns the lines take.
    var columns: Int { size + 2 * Self.margin }

    /// The code in half blocks, two rows of modules a line, since a character is about twice as high as it is wide.
    ///
    /// - Parameter isColored: states both colours, black on white, which a terminal needs: its own may be the other way round,
    ///   and not every reader takes a negative. On paper, or wherever a text goes, the plain blocks are dark by themselves.
    func lines(isColored: Bool) -> [String] {
        let edges = -Self.margin..<size + Self.margin
        return stride(from: edges.lowerBound, to: edges.upperBound, by: 2).map { row in
            let blocks = edges.map { column -> Character in
                switch (self[row, column], self[row + 1, column]) {
                case (true, true): "█"
                case (true, false): "▀"
                case (false, true): "▄"
                case (false, false): " "
                }
            }
            return isColored ? "\u{1b}[38;5;16;48;5;231m\(String(blocks))\u{1b}[0m" : String(blocks)
        }
    }
}
