import ArgumentParser

/// Whether to draw the QR code.
struct QROption: ParsableArguments {
    @Flag(help: "Draw the address of the QR image as a QR code, for a telephone's camera to open.") var qr = false

    /// A drawing between JSON would make both useless.
    func refuse(besideJSON json: Bool) throws {
        if qr && json {
            throw ValidationError("--qr draws for people, --json prints for programs: leave one of them out")
        }
    }

    /// Draws it if it is wanted and there is an address.
    func draw(_ address: String?) {
        guard qr else { return }
        guard let address else { return Console.error("the API gave no QR image, so none is drawn") }
        guard let code = QRCode(address) else {
            return Console.error("no QR code is drawn: the address of the QR image is longer than one can hold")
        }
        if let columns = Console.columns, columns < code.columns {
            return Console.error(
                "no QR code is drawn: it takes \(code.columns) columns, and the terminal has \(columns); make it wider")
        }
        for line in code.lines(isColored: Console.isTerminal) { Console.draw(line + "\n") }
    }
}
