/// Collects an answer's body as libcurl hands it over, decompressed, and ends the transfer beyond the limit.
///
/// A class, because libcurl's callback knows it by address. Used by one worker at a time.
final class AnswerContent {
    let limit: Int
    private(set) var bytes: [UInt8] = []
    private(set) var isTooLarge = false

    init(limit: Int) {
        self.limit = limit
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
        guard chunk.count <= limit - bytes.count else {
            isTooLarge = true
            return false
        }
        bytes.append(contentsOf: chunk)
        return true
    }
}
