package import JournalStore

extension Journal.Options {
    package static func test(segmentBytes: Int64 = 1 << 20, api: String = "api:443", client: String = "client") -> Self
    {
        Journal.Options(segmentBytes: segmentBytes, version: "1", api: api, client: client)
    }
}
