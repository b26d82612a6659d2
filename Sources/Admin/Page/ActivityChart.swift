import CivilTime
import Runtime

/// The last 24 hours as bars, drawn in SVG: for each hour the webhooks that came, and beside them what was confirmed and refuted.
struct ActivityChart {
    private static let (width, height, base) = (480, 100, 84)

    private let hours: [(start: Int64, figures: ActivityPicture.Hour)]
    private let most: Int

    init(_ hours: [Int64: ActivityPicture.Hour], now: Int64) {
        let last = now / ActivityPicture.hour
        self.hours = (last - 23...last).map { ($0 * ActivityPicture.hour, hours[$0] ?? ActivityPicture.Hour()) }
        most = self.hours.reduce(0) { max($0, $1.figures.received, $1.figures.confirmed + $1.figures.refuted) }
    }

    /// The drawing with its legend.
    var figure: HTML {
        let sum = hours.reduce(into: ActivityPicture.Hour()) { sum, hour in
            sum.received += hour.figures.received
            sum.confirmed += hour.figures.confirmed
            sum.refuted += hour.figures.refuted
        }
        return .element(
            "figure", [],
            [
                .element(
                    "svg",
                    [
                        ("viewBox", "0 0 \(Self.width) \(Self.height)"), ("role", "img"),
                        (
                            "aria-label",
                            "\(sum.received) webhooks, \(sum.confirmed) changes confirmed, \(sum.refuted) reports refuted"
                        ),
                    ], [.element("path", [("class", "axis"), ("d", "M0 \(Self.base).5H\(Self.width)")])] + columns),
                .element(
                    "figcaption", [],
                    [
                        key("received", "\(sum.received) webhooks journaled"),
                        key("confirmed", "\(sum.confirmed) changes confirmed"),
                        key("refuted", "\(sum.refuted) refuted"),
                        .element("span", [], most > 0 ? "tallest bar: \(most)" : ""),
                    ]),
            ])
    }

    private func key(_ style: String, _ text: String) -> HTML {
        .element("span", [], [.element("i", [("class", style)]), .text(text)])
    }

    private var columns: [HTML] {
        hours.enumerated().flatMap { index, hour -> [HTML] in
            let x = index * 20
            let figures = hour.figures
            let clock = HumanText.time(hour.start).dropFirst(11).prefix(5)
            let confirmed = height(figures.confirmed)
            var parts: [HTML] = [
                .element(
                    "g", [],
                    [
                        .element(
                            "title", [],
                            """
                            \(clock): \(figures.received) webhooks, \(figures.confirmed) confirmed, \(figures.refuted) refuted
                            """), bar("received", x + 3, 7, bottom: 0, height(figures.received)),
                        bar("confirmed", x + 10, 7, bottom: 0, confirmed),
                        bar("refuted", x + 10, 7, bottom: confirmed, height(figures.refuted)),
                    ])
            ]
            if index % 4 == 1 {
                parts.append(
                    .element("text", [("x", "\(x)"), ("y", "\(Self.height - 2)")], String(clock)))
            }
            return parts
        }
    }

    /// Anything shows, however little it is beside the tallest.
    private func height(_ count: Int) -> Int {
        count == 0 ? 0 : max(2, count * (Self.base - 6) / max(1, most))
    }

    private func bar(_ style: String, _ x: Int, _ width: Int, bottom: Int, _ height: Int) -> HTML {
        .element(
            "rect",
            [
                ("class", style), ("x", "\(x)"), ("y", "\(Self.base - bottom - height)"), ("width", "\(width)"),
                ("height", "\(height)"),
            ])
    }
}
