/// Collects an answer's body as libcurl hands it over, decompressed, or passes it on to a sink, and ends the transfer
/// beyond the limit.
///
/// A class, because libcurl's callback knows it by address. Used by one worker at a time.
final class AnswerContent {
    /// So much of a body that went to a sink is kept, for an error's message.
    private static let excerptBytes = 4096

    let limit: Int
    private let sink: (any AnswerSink)?
    private let status: () -> Int
    private(set) var bytes: [UInt8] = []
    private(set) var isTooLarge = false
    /// Whether the sink wanted no more.
    private(set) var isRefused = false
    private var count = 0

    /// `status` tells the answer's status once its body comes: the sink is given no other than 2xx.
    init(limit: Int, sink: (any AnswerSink)?, status: @escaping () -> Int) {
        self.limit = limit
        self.sink = sink
        self.status = status
    }

    /// The address that comes back in `receive`; the caller keeps the object alive.
    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    /// `CURLOPT_WRITEFUNCTION`: answers `count` to go on, and anything else to end the transfer.
    static let receive: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
        bytes, _, count, context in
        guard let bytes, let context else { return 0 }
        let content = Unmanaged<AnswerContent>.fromOpaque(context).takeUnretainedValue()
        return content.append(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
    }

    private func append(_ chunk: UnsafeRawBufferPointer) -> Bool {
        guard chunk.count <= limit - count else {
            isTooLarge = true
            return false
        }
        count += chunk.count
        guard let sink, (200..<300).contains(status()) else {
            bytes.append(contentsOf: chunk)
            return true
        }
        bytes.append(contentsOf: chunk.prefix(max(0, Self.excerptBytes - bytes.count)))
        isRefused = !sink.receive(Span(_unsafeElements: chunk.bindMemory(to: UInt8.self)))
        return !isRefused
    }
}
