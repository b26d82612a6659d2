import HTTP1
import HTTPServer
import POSIX

/// Who sent a request, for the record.
enum Sender {
    /// The connection's peer, or, when that may be a proxy on this machine, whom it says it was asked by.
    static func name(of request: Request, _ exchange: Exchange) -> String {
        name(peer: exchange.peer, isLocal: exchange.isPeerLocal, forwardedFor: request.values(of: "X-Forwarded-For"))
    }

    /// A proxy appends the address that it sees to the `X-Forwarded-For` that came, so only the last element is its own
    /// word: whatever stands before may be the sender's invention. Whoever comes from elsewhere is no proxy of ours.
    static func name(peer: String, isLocal: Bool, forwardedFor fields: [ArraySlice<UInt8>]) -> String {
        guard isLocal,
            let last = fields.last?.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).last
        else { return peer }
        let isWhitespace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let text = String(decoding: last.drop(while: isWhitespace), as: UTF8.self)
        return SocketAddress(ip: text)?.host ?? peer
    }
}
