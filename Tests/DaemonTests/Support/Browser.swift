import Glibc
import JSON
import TestSupport

/// A real browser without a window, driven over the DevTools protocol: JSON texts with a NUL behind each, on a pair of sockets.
final class Browser {
    private let directory: TemporaryDirectory
    private let process: ChildProcess
    private let socket: Int32
    private var received: [UInt8] = []
    private var count = 0
    private var session = ""

    /// Starts Debian's chromium, and opens a page.
    init(_ url: String) throws {
        directory = try TemporaryDirectory()
        var pair: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else {
            throw DeadlinePassed(what: "a pair of sockets")
        }
        defer { close(pair[1]) }
        socket = pair[0]
        var patience = timeval(tv_sec: 120, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        // Both of its ends, descriptors 3 and 4, are the same socket. Tests run as root, where its own sandbox does not work.
        process = try ChildProcess(
            "/usr/bin/chromium",
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--user-data-dir=\(directory.path(of: "profile"))", "--remote-debugging-pipe",
            ], environment: ["HOME": directory.path, "PATH": "/usr/bin:/bin"],
            sockets: [.init(name: "commands", descriptor: pair[1]), .init(name: "answers", descriptor: pair[1])])
        let target = try call("Target.createTarget", ["url": .string(url)])
        session =
            try call(
                "Target.attachToTarget", ["targetId": target["targetId"] ?? .null, "flatten": .bool(true)])[
                "sessionId"]?
            .string ?? ""
    }

    deinit { close(socket) }

    /// Closes it, and waits for its end.
    func end() async throws {
        session = ""
        _ = try call("Browser.close", [:])
        try await process.waitForExit()
    }

    /// The value of an expression on the page.
    func value(_ expression: String) throws -> JSONValue? {
        let answer = try call(
            "Runtime.evaluate",
            ["expression": .string(expression), "returnByValue": .bool(true), "awaitPromise": .bool(true)])
        return answer["result"]?["value"]
    }

    /// Shows the page in a size and a scheme of colours.
    func show(width: Int, height: Int, scheme: String) throws {
        _ = try call(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .integer(width), "height": .integer(height), "deviceScaleFactor": .number("1"),
                "mobile": .bool(width < 600),
            ])
        let feature = JSONValue.dictionary(["name": .string("prefers-color-scheme"), "value": .string(scheme)])
        _ = try call("Emulation.setEmulatedMedia", ["features": .array([feature])])
    }

    /// A picture of the whole page, as PNG in Base64.
    func picture() throws -> String {
        try call("Page.captureScreenshot", ["captureBeyondViewport": .bool(true)])["data"]?.string ?? ""
    }

    private func call(_ method: String, _ parameters: KeyValuePairs<String, JSONValue>) throws -> JSONValue {
        count += 1
        var members = [
            JSONValue.Member("id", .integer(count)), .init("method", .string(method)),
            .init("params", .dictionary(parameters)),
        ]
        if !session.isEmpty { members.append(.init("sessionId", .string(session))) }
        var rest = (JSONValue.object(members).serialized() + [0])[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw DeadlinePassed(what: "sending \(method); \(process.errors)") }
            rest = rest.dropFirst(sent)
        }
        while true {
            let message = try message(for: method)
            guard message["id"]?.integer == Int64(count) else { continue }
            guard let result = message["result"] else {
                throw DeadlinePassed(what: "\(method): \(String(decoding: message.serialized(), as: UTF8.self))")
            }
            return result
        }
    }

    private func message(for method: String) throws -> JSONValue {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if let end = received.firstIndex(of: 0) {
                defer { received.removeFirst(end + 1) }
                return try JSONValue(parsing: Array(received[..<end]))
            }
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { throw DeadlinePassed(what: "an answer to \(method); \(process.errors)") }
            received += buffer[..<count]
        }
    }
}
