import Dispatch
import HTTP1
import HTTPServer
package import Ledger
package import Logging
import POSIX
import Runtime
import Synchronization

/// Shows the journal's durable records to all who read `/events`.
///
/// What one reader has been shown is kept for the others for a while: the disk is read once for all who are at the tail.
/// Nobody's backlog is kept: each reader is given a page when it has taken the one before.
package final class EventFeed: Sendable {
    /// So many may read at once.
    package static let maximumReaders = 1000
    /// Pages that are kept hold so many bytes together.
    private static let cachedBytes = 2 << 20
    /// What becomes durable within that time is shown together.
    private static let gathering = DispatchTimeInterval.milliseconds(20)

    private struct Cache {
        var pages: [Int64: EventPage] = [:]
        var order: [Int64] = []
        var bytes = 0
        var newest: EventPage?
    }

    private let ledger: any RecordLedger
    private let damages: DamageList
    private let logger: Logger
    private let queue = DispatchQueue(label: "ecryptopayd.events", qos: .utility)
    private let heartbeat: Duration
    private let timer = Mutex<(any DispatchSourceTimer)?>(nil)
    private let cache = Mutex(Cache())
    /// Readers that have been shown everything.
    private let waiting = Mutex<[EventReader]>([])
    private let waitingCount = Atomic(0)
    private let readerCount = Atomic(0)
    private let isWoken = Atomic(false)
    private let outage: Mutex<ReadOutage>

    /// A feed of a ledger's records; a reader to whom there is nothing to show gets an empty line every `heartbeat`.
    /// What it comes across that is damaged is noted in `damages`.
    package convenience init(
        _ ledger: any RecordLedger, heartbeat: Duration = .seconds(15), damages: DamageList, logger: Logger
    ) {
        self.init(ledger, heartbeat: heartbeat, outagePause: .seconds(1), damages: damages, logger: logger)
    }

    init(
        _ ledger: any RecordLedger, heartbeat: Duration, outagePause: Duration, damages: DamageList, logger: Logger
    ) {
        self.ledger = ledger
        self.damages = damages
        self.heartbeat = heartbeat
        outage = Mutex(ReadOutage(pause: outagePause))
        self.logger = logger
        ledger.addObserver(self)
    }

    /// How many read now.
    var readers: Int { readerCount.load(ordering: .relaxed) }

    /// The last record that may be shown.
    var durable: Int64 { ledger.durable }

    /// Whether there may be more than that already.
    var mayLag: Bool { ledger.mayLag }

    /// A new reader behind a record; nil when there are too many.
    func open(_ exchange: Exchange, after seq: Int64, kinds: Set<String>) -> EventReader? {
        guard readerCount.add(1, ordering: .relaxed).newValue <= Self.maximumReaders else {
            leave()
            return nil
        }
        startBeating()
        return EventReader(self, exchange, from: ledger.reader(after: seq), kinds: kinds)
    }

    /// A reader has gone.
    func leave() { readerCount.subtract(1, ordering: .relaxed) }

    /// Sees to it that a reader gets what comes next.
    func ask(_ reader: EventReader) {
        queue.async { self.serve(reader) }
    }

    // MARK: On the queue

    private func serve(_ reader: EventReader) {
        if reader.isGone { return }
        let cursor = reader.cursor
        guard cursor.next <= ledger.durable else { return wait(reader, cursor.next) }
        do {
            let page = try page(behind: cursor)
            if page.bytes.isEmpty { return wait(reader, cursor.next) }
            // When nothing in it was for this one, others get their turn before it goes on.
            if !reader.take(page) { ask(reader) }
        } catch let fault as RecordsUnreachable {
            postpone(reader, fault)
        } catch {
            logger.error(
                """
                records behind \(cursor.next - 1) cannot be shown at /events: \(error); "ecryptopayd journal verify" tells what \
                is wrong
                """)
            reader.fail()
        }
    }

    /// Keeps a reader until the records can be had again.
    private func postpone(_ reader: EventReader, _ fault: RecordsUnreachable) {
        let now = Instant(nanoseconds: Clock.monotonic())
        waiting.withLock { $0.append(reader) }
        waitingCount.add(1, ordering: .sequentiallyConsistent)
        guard let (retry, isTold) = outage.withLock({ $0.begin(fault, now: now) }) else { return }
        if isTold { logger.warning("/events shows no records for now, until they can be read again: \(fault)") }
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(retry.nanoseconds))) { [weak self] in self?.serveAll() }
    }

    private func wait(_ reader: EventReader, _ next: Int64) {
        waiting.withLock { $0.append(reader) }
        waitingCount.add(1, ordering: .sequentiallyConsistent)
        // It may have become durable before anybody was seen to wait for it.
        if next <= ledger.durable { wake() }
    }

    private func wake() {
        if isWoken.exchange(true, ordering: .acquiringAndReleasing) { return }
        queue.asyncAfter(deadline: .now() + Self.gathering) { [weak self] in self?.serveAll() }
    }

    private func serveAll() {
        isWoken.store(false, ordering: .releasing)
        let readers = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        waitingCount.subtract(readers.count, ordering: .sequentiallyConsistent)
        for reader in readers { serve(reader) }
    }

    private func page(behind cursor: any RecordReader) throws -> EventPage {
        let (cached, newest) = cache.withLock { ($0.pages[cursor.next], $0.newest) }
        if let cached { return cached }
        // One question for all who wait, as long as nobody answers.
        let now = Instant(nanoseconds: Clock.monotonic())
        if let fault = outage.withLock({ $0.standing(now: now) }) { throw fault }
        // It knows where in the segment it is; a new reader would have to search.
        let isAtEnd = newest?.end.next == cursor.next
        let page = try EventPage(behind: isAtEnd ? newest?.end ?? cursor : cursor, durable: ledger.durable)
        for damage in page.damage { damages.ledgerFoundDamage(damage) }
        if let time = outage.withLock({ $0.end(now: now) }) {
            logger.notice("/events shows records again after \(HumanText.duration(time.nanoseconds))")
        }
        if !page.bytes.isEmpty { keep(page, behind: cursor.next) }
        return page
    }

    private func keep(_ page: EventPage, behind next: Int64) {
        cache.withLock { cache in
            cache.pages[next] = page
            cache.order.append(next)
            cache.bytes += page.bytes.count
            if page.end.next > cache.newest?.end.next ?? 0 { cache.newest = page }
            while cache.bytes > Self.cachedBytes, cache.order.count > 1 {
                let oldest = cache.order.removeFirst()
                cache.bytes -= cache.pages.removeValue(forKey: oldest)?.bytes.count ?? 0
            }
        }
    }

    // MARK: Heartbeat

    private func startBeating() {
        timer.withLock { timer in
            if timer != nil { return }
            let new = DispatchSource.makeTimerSource(queue: queue)
            let interval = DispatchTimeInterval.nanoseconds(Int(heartbeat.nanoseconds))
            new.schedule(deadline: .now() + interval, repeating: interval, leeway: .milliseconds(10))
            new.setEventHandler { [weak self] in self?.beat() }
            new.activate()
            timer = new
        }
    }

    private func beat() {
        // Whoever has gone is forgotten here at the latest.
        let readers = waiting.withLock { waiting in
            let count = waiting.count
            waiting.removeAll { $0.isGone }
            waitingCount.subtract(count - waiting.count, ordering: .relaxed)
            return waiting
        }
        for reader in readers { reader.beat() }
        if readerCount.load(ordering: .relaxed) == 0 { stopBeating() }
    }

    private func stopBeating() {
        timer.withLock { timer in
            timer?.cancel()
            timer = nil
        }
        // One that came meanwhile has found the timer there.
        if readerCount.load(ordering: .relaxed) > 0 { startBeating() }
    }
}

extension EventFeed: LedgerObserver {
    package func ledgerDidCommit(upTo position: Int64) {
        if waitingCount.load(ordering: .sequentiallyConsistent) > 0 { wake() }
    }
}
