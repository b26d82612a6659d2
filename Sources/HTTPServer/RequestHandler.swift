package import HTTP1

/// What a server does with whole requests.
package protocol RequestHandler: Sendable {
    /// Called on the server's queue, once for each whole request. Answer it now or later, exactly once, through
    /// `exchange`, on that queue. No other connection is served before it returns, so it must not block.
    ///
    /// The request keeps the bytes in which it came: copy out what is wanted later.
    func handle(_ request: Request, _ exchange: Exchange)

    /// Called on the server's queue when all have been handled that were there to be read, once for all of them: the place to
    /// begin what serves many requests as well as one.
    func didHandleAll()
}

extension RequestHandler {
    /// Most do for each request what is to be done.
    package func didHandleAll() {}
}
