import Ledger
import Testing

struct TokenBucketTests {
    private func instant(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

    /// Beside the macros, which call nothing that mutates.
    private func take(_ bucket: inout TokenBucket, _ seconds: Double) -> Bool { bucket.take(now: instant(seconds)) }

    @Test func `a full bucket gives ten seconds' worth at once, then one at a time`() {
        var bucket = TokenBucket(rate: 10, now: instant(0))
        for _ in 0..<100 { #expect(take(&bucket, 0)) }
        #expect(!take(&bucket, 0))
        #expect(bucket.nextToken == instant(0.1))
        #expect(!take(&bucket, 0.09))
        #expect(take(&bucket, 0.1))
        #expect(!take(&bucket, 0.1))
    }

    @Test func `of a rate below one in ten seconds, one is saved up and no more`() {
        var bucket = TokenBucket(rate: 1, now: instant(0))
        bucket.setRate(50)
        #expect(take(&bucket, 1000))
        #expect(bucket.nextToken == instant(1020))
        #expect(!take(&bucket, 1019.9))
        #expect(take(&bucket, 1020))
        #expect(!take(&bucket, 1020))
    }

    @Test func `no more than ten seconds' worth is saved up`() {
        var bucket = TokenBucket(rate: 10, now: instant(0))
        var taken = 0
        while bucket.take(now: instant(1000)) { taken += 1 }
        #expect(taken == 100)
    }
}
