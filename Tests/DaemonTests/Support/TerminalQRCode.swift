import TestSupport

/// A QR code drawn in half blocks, read as a telephone does: from a picture of it.
struct TerminalQRCode {
    private let rows: [[Bool]]

    /// Finds the drawing among lines of output: those of nothing but blocks and spaces, or of such on a white ground.
    init(_ lines: [some StringProtocol]) {
        var rows: [[Bool]] = []
        for line in lines {
            let plain = String(line).replacing("\u{1b}[38;5;16;48;5;231m", with: "").replacing("\u{1b}[0m", with: "")
            guard !plain.isEmpty, plain.allSatisfy({ "█▀▄ ".contains($0) }) else { continue }
            rows.append(plain.map { $0 == "█" || $0 == "▀" })
            rows.append(plain.map { $0 == "█" || $0 == "▄" })
        }
        self.rows = rows
    }

    /// Whether four light modules lie around the code, as ISO/IEC 18004 wants it; ZXing does with fewer.
    var hasMargin: Bool {
        guard let columns = rows.first?.count, rows.count > 8, columns > 8 else { return false }
        let sides = rows.allSatisfy { !$0.prefix(4).contains(true) && !$0.suffix(4).contains(true) }
        return sides && !(rows.prefix(4) + rows.suffix(4)).joined().contains(true)
    }

    /// What the code says, as ZXing reads it.
    func read() async throws -> String {
        let directory = try TemporaryDirectory()
        let file = try directory.write(picture, to: "code.pgm")
        let result = try await ChildProcess.run("/usr/bin/ZXingReader", ["-format", "QRCode", "-bytes", file])
        return result.output
    }

    /// A grey map (PGM) with four pixels a module and nothing around them: the margin is the drawing's own.
    private var picture: [UInt8] {
        let scale = 4
        var bytes = Array("P5 \((rows.first?.count ?? 0) * scale) \(rows.count * scale) 255\n".utf8)
        for row in rows {
            let line = row.flatMap { [UInt8](repeating: $0 ? 0 : 255, count: scale) }
            for _ in 0..<scale { bytes += line }
        }
        return bytes
    }
}
