import HTTP1
import HTTPServer
import JournalFormat

/// `GET /events?after=SEQ&kind=KIND`: the journal's records as JSON Lines, as they become durable.
enum EventsAnswer {
    static func give(_ request: Request, _ exchange: Exchange, _ feed: EventFeed) {
        let query: EventsQuery
        do throws(EventsQuery.Fault) { query = try EventsQuery(request.query, durable: feed.durable) } catch {
            // Who has seen a record on another node must not be told that there is none.
            if error.isBeyond, feed.mayLag { return exchange.respond(notYet) }
            return exchange.respond(.problem(status: 400, detail: error.detail))
        }
        if request.method == .head { return exchange.respond(head) }
        guard let reader = feed.open(exchange, after: query.after, kinds: query.kinds) else {
            return exchange.respond(tooMany)
        }
        exchange.respond(head, streaming: reader)
    }

    private static let head = Response(
        status: 200, contentType: "application/jsonl", fields: [("Cache-Control", "no-store")])

    private static let notYet = Response.problem(
        status: 503, detail: "This node has not heard of that record yet: ask again, or ask the node that decides.",
        fields: [("Retry-After", "1")])

    private static let tooMany = Response.problem(
        status: 503, detail: "\(EventFeed.maximumReaders) read the events already.", fields: [("Retry-After", "30")])
}
