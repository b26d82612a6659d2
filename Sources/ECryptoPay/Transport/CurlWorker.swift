import CCurl
import Dispatch

/// One libcurl easy handle in a multi handle of its own, and the serial queue on which it blocks.
///
/// The multi handle holds the connections that are kept alive, and can be woken from another thread, which a plain
/// `curl_easy_perform` cannot: a cancellation would wait for its progress callback, up to a second.
///
/// Unchecked, because the handles are used on `queue` only, but for `curl_multi_wakeup`, which libcurl allows on any
/// thread.
final class CurlWorker: @unchecked Sendable {
    let queue: DispatchQueue
    private let options: TransportOptions
    private let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>

    init(number: Int, _ options: TransportOptions) {
        guard let easy = curl_easy_init(), let multi = curl_multi_init() else { fatalError("out of memory") }
        self.easy = easy
        self.multi = multi
        self.options = options
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        queue = DispatchQueue(label: "ecryptopay.transport.\(number)")
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        errorText.deallocate()
    }

    /// Makes a transfer under way look at its job again. Harmless when there is none.
    func wake() { curl_multi_wakeup(multi) }

    /// Sends the job's request and waits for the answer; on `queue` only.
    func perform(_ job: TransportJob) -> TransportJob.Outcome {
        dispatchPrecondition(condition: .onQueue(queue))
        return Result { () throws(TransportFault) in try transfer(job) }
    }

    private func transfer(_ job: TransportJob) throws(TransportFault) -> TransportAnswer {
        let request = job.request
        if let fault = request.fault { throw fault }
        let fields = fieldList(request)
        defer { curl_slist_free_all(fields) }
        let content = AnswerContent(limit: request.maximumAnswerBytes, sink: request.sink) { [self] in
            number(CURLINFO_RESPONSE_CODE)
        }
        // libcurl keeps the addresses of the body and the collector: both must stay where they are until it is done.
        return try withExtendedLifetime(content) { () throws(TransportFault) in
            try request.body.withUnsafeBufferPointer { (body) throws(TransportFault) in
                try CurlOptions(easy).set(request, options, body: body, fields: fields, content: content)
                return try run(job, content)
            }
        }
    }

    private func run(_ job: TransportJob, _ content: AnswerContent) throws(TransportFault) -> TransportAnswer {
        errorText[0] = 0
        ccurl_set_error_buffer(easy, errorText)
        guard curl_multi_add_handle(multi, easy) == CURLM_OK else { throw TransportFault(.other, "libcurl refused") }
        defer { curl_multi_remove_handle(multi, easy) }
        var running: Int32 = 1
        while running > 0 {
            guard curl_multi_perform(multi, &running) == CURLM_OK else {
                throw TransportFault(.other, "libcurl failed")
            }
            if job.isCancelled { throw TransportFault(.cancelled, "cancelled") }
            // libcurl wakes earlier by itself for its own time-outs.
            if running > 0 { curl_multi_poll(multi, nil, 0, 60_000, nil) }
        }
        let code = ccurl_multi_result(multi)
        if content.isTooLarge {
            throw TransportFault(.tooLarge(limit: content.limit), "the answer is larger than \(content.limit) bytes")
        }
        guard code == CURLE_OK || content.isRefused else {
            throw TransportFault(
                code: code, text: String(cString: errorText), verification: number(CURLINFO_SSL_VERIFYRESULT))
        }
        return TransportAnswer(status: number(CURLINFO_RESPONSE_CODE), fields: answerFields(), body: content.bytes)
    }

    /// The request's fields in libcurl's notation, where a name without a value needs a semicolon.
    private func fieldList(_ request: TransportRequest) -> UnsafeMutablePointer<curl_slist>? {
        // libcurl would hold back a large body for a 100 that few servers send.
        var list = curl_slist_append(nil, "Expect:")
        for field in request.fields {
            list = curl_slist_append(list, field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        return list
    }

    /// The final answer's header fields: no interim answers, no trailers, none of a proxy's.
    private func answerFields() -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        var header = curl_easy_nextheader(easy, UInt32(CURLH_HEADER), -1, nil)
        while let field = header {
            fields.append((String(cString: field.pointee.name), value(field.pointee.value)))
            header = curl_easy_nextheader(easy, UInt32(CURLH_HEADER), -1, field)
        }
        return fields
    }

    /// libcurl 7.88 leaves the line's end on an empty value.
    private func value(_ text: UnsafePointer<CChar>) -> String {
        let value = String(cString: text)
        return value.utf8.contains { $0 > 0x20 } ? value : ""
    }

    private func number(_ info: CURLINFO) -> Int {
        var value = 0
        ccurl_get_long(easy, info, &value)
        return value
    }
}
