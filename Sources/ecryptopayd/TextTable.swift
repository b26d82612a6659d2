import POSIX

/// Rows of cells in aligned columns, for people. Cells hold one line each.
struct TextTable {
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

    /// The lines, the titles first.
    var lines: [String] {
        var widths = alignments.map { _ in 0 }
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], Terminal.width(of: cell)) }
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - Terminal.width(of: cell))
                return alignments[column] == .right ? space + cell : cell + space
            }
            // What aligns the last column to the left would only be trailing space.
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
    }
}
