import POSIX

/// Rows of cells in aligned columns, for people. Cells hold one line each.
struct TextTable: Sendable {
    enum Alignment {
        case left
        case right
    }

    private let alignments: [Alignment]
    private var rows: [[String]]

    init(_ columns: [(title: String, alignment: Alignment)]) {
        alignments = columns.map(\.alignment)
        rows = [columns.map(\.title)]
    }

    /// Adds a row with a cell for each column.
    mutating func append(_ cells: [String]) { rows.append(cells) }

    /// The lines, the titles first, each with its end.
    var text: String {
        var widths = alignments.map { _ in 0 }
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], Terminal.width(of: cell)) }
        }
        var text = ""
        for row in rows {
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: widths[column] - Terminal.width(of: cell))
                if column > 0 { text += "  " }
                if alignments[column] == .right { text += space }
                text += cell
                // What aligns the last column to the left would only be trailing space.
                if alignments[column] == .left, column < row.count - 1 { text += space }
            }
            text += "\n"
        }
        return text
    }
}
