import CAllocations
import Glibc
import HTTP1

/// Counts what a connection asks of the heap for each request once it is warm, parser, answer and all. Ends with 1 if it is
/// more than it should be.
///
/// Only an optimised build does without: swift run -c release RequestAllocations
@main
struct Count {
    /// A report of 300 bytes, with the fields with which nginx sends it on.
    static func report(padding: Int) -> [UInt8] {
        let body = #"{"id":42,"state":"paid","memo":""# + String(repeating: "m", count: 266) + #""}"#
        let head = [
            "POST /webhooks/ecryptopay-4f9c2e7a HTTP/1.1", "Host: shop.example", "X-Real-IP: 203.0.113.7",
            "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "Content-Length: \(body.utf8.count)",
            "User-Agent: ecryptopay/1.0", "Accept: */*", "Content-Type: application/json",
            "X-Padding: \(String(repeating: "p", count: padding))",
        ]
        return Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    /// A way to use a connection, and what each request may cost in it.
    struct Case {
        let name: String
        var padding = 0
        /// How much of the next request comes with each.
        var readAhead = 0
        /// Whether the handler still holds the request when it answers.
        var isHeld = false
        let allowed: UInt
    }

    static func main() {
        let cases = [
            Case(name: "a report", allowed: 0),
            // Then the fields are the handler's, and those of the next request need a place of their own.
            Case(name: "a report, answered before the handler lets go of it", isHeld: true, allowed: 1),
            Case(name: "a large report, the next one close behind", padding: 3000, readAhead: 1, allowed: 0),
            // A connection that idles gives a large buffer back.
            Case(name: "a large report, then a pause", padding: 3000, allowed: 2),
        ]
        exit(cases.filter { !holds($0) }.isEmpty ? 0 : 1)
    }

    /// Sends a request a hundred times. Returns whether all but the first took no more from the heap than they may.
    private static func holds(_ example: Case) -> Bool {
        let request = report(padding: example.padding)
        precondition(request.count < 4096)
        let dateLine = HTTPDate.line(secondsSince1970: 784_111_777)
        let accepted = Response.json(status: 200, #"{"status":"accepted"}"#)
        var machine = ConnectionMachine(limits: Limits())
        var output: [UInt8] = []
        var counts: [UInt] = []
        counts.reserveCapacity(100)
        var place = 0
        for number in 1...100 {
            let before = allocation_count()
            let end = request.count * number + example.readAhead
            while place < end {
                machine.receive { span in
                    while !span.isFull, place < end {
                        span.append(request[place % request.count])
                        place += 1
                    }
                }
                guard case .handle(let handed) = machine.next(dateLine: dateLine, output: &output) else { continue }
                withExtendedLifetime(example.isHeld ? handed : nil) {
                    machine.answer(accepted, dateLine: dateLine, output: &output)
                }
                _ = machine.next(dateLine: dateLine, output: &output)
            }
            output.removeAll(keepingCapacity: true)
            counts.append(allocation_count() - before)
        }
        precondition(machine.requestCount == 100, "every request is handed over")
        let most = counts.dropFirst().max()!
        let holds = counts[0] > 0 && most <= example.allowed
        print(
            "\(example.name), \(request.count) bytes: at first \(counts[0]) allocations, then \(most) a request,",
            "\(example.allowed) allowed\(holds ? "" : ": TOO MANY")")
        return holds
    }
}
