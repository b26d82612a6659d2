import Glibc
import JournalFormat
import POSIX

/// Reads the closed segments of a journal one after the other, a piece at each call, whoever writes, prunes or drops meanwhile. It knows no
/// clock, and whatever it holds open is closed again when a call returns.
struct Scrubber {
    enum Finding {
        case damage(Damage)
        /// A segment is what it was.
        case whole(String)
    }

    private struct Segment {
        let first: Int64
        /// What the manifest says of it.
        let known: ClosedSegment?
        let size: Int64
        /// The segment behind it.
        let following: Int64?
    }

    /// Before it looks again, in nanoseconds: at a journal that has no closed segment yet.
    private static let idlePause: Int64 = 60_000_000_000
    /// At what the system has refused: that may pass.
    private static let refusedPause: Int64 = 30_000_000_000

    private let disk: any Disk
    private(set) var schedule: ScrubSchedule
    /// What has been read by it.
    private(set) var readBytes: Int64 = 0
    /// What is left of the round, as far as it is known. The first one is being read.
    private var segments: ArraySlice<Segment> = []
    /// What was dropped, when that was looked at.
    private var dropped = DroppedRanges()
    /// The segment with which the round ends, that one excluded: the newest one when the round was first looked at. What is closed later is
    /// for the next round; else a journal that is written and pruned all the time would never see the end of one.
    private var bound: Int64?
    private var check: SegmentCheck?
    /// A segment that seemed damaged is read a second time: it may have been dropped or mended meanwhile.
    private var doubt: (first: Int64, pause: Int64)?

    /// Goes on where the file says.
    init(_ disk: any Disk) {
        self.disk = disk
        let bytes = try? disk.contents(of: ScrubPosition.name, atMost: 100)
        schedule = ScrubSchedule(round: 0, from: bytes.flatMap { ScrubPosition.decode($0) })
    }

    /// How long to wait before ``read(now:)``, when a round takes that long.
    mutating func pause(_ round: Int64, now: Int64) -> Int64 {
        schedule.round = round
        guard segments.isEmpty ? (try? list()) != nil : true else { return Self.idlePause }
        guard let segment = segments.first else {
            return schedule.position == nil ? min(round, Self.idlePause) : schedule.timeLeft(now: now)
        }
        if schedule.position == nil {
            schedule.begin(now: now)
            save()
        }
        let left = segments.reduce(0) { $0 + $1.size } - (check?.size ?? 0)
        let count = min(Int64(ScrubSchedule.step), max(1, segment.size - (check?.size ?? 0)))
        if let doubt, doubt.first == segment.first {
            return max(ScrubSchedule.shortest(count), check == nil ? doubt.pause : 0)
        }
        return schedule.pause(before: count, of: left, now: now)
    }

    /// Reads the piece that is due, or ends the round; tells what a segment came to that has been read to its end.
    mutating func read(now: Int64) -> [Finding] {
        guard let segment = segments.first else {
            guard schedule.position != nil else { return [] }
            schedule.end(now: now)
            bound = nil
            save()
            return []
        }
        do throws(SystemError) {
            guard let check = try read(segment) else { return [] }
            self.check = nil
            return conclude(segment, check.finish(segment.known, chain: try chain(behind: segment)))
        } catch {
            switch error.errno {
            case EMFILE, ENFILE, ENOMEM: return []
            case ENOENT:
                let fault = segment.known.map { LineFault.gone($0) } ?? .refused("\(error)")
                return conclude(segment, [Damage(segment: segment.first, offset: 0, fault: fault)])
            default:
                let offset = check?.size ?? 0
                return conclude(
                    segment, [Damage(segment: segment.first, offset: offset, fault: .refused("\(error)"))],
                    pause: Self.refusedPause)
            }
        }
    }

    /// Reads a piece of a segment; nil when there may be more.
    private mutating func read(_ segment: Segment) throws(SystemError) -> SegmentCheck? {
        let file = try disk.open(SegmentName.name(firstSeq: segment.first), .read)
        defer { disk.close(file) }
        var check = check ?? SegmentCheck(segment.first, without: dropped)
        let bytes = try disk.readOnce(file, count: ScrubSchedule.step, at: check.size)
        readBytes += Int64(bytes.count)
        check.take(bytes)
        self.check = check
        return bytes.count < ScrubSchedule.step ? check : nil
    }

    /// What the segment behind says, where the manifest says nothing.
    private func chain(behind segment: Segment) throws(SystemError) -> (behind: Int64, says: UInt32)? {
        guard segment.known == nil, let following = segment.following,
            !dropped.overlaps(segment.first...following - 1),
            case .opened(let own)? = try disk.head(of: segment.first)?.record, own.chain != nil,
            case .opened(let opened)? = try disk.head(of: following)?.record, let chain = opened.chain
        else { return nil }
        return (following, chain)
    }

    private mutating func conclude(_ segment: Segment, _ damage: [Damage], pause: Int64 = 0) -> [Finding] {
        check = nil
        if !damage.isEmpty {
            let isSecond = doubt?.first == segment.first
            doubt = (segment.first, pause)
            // What was pruned, dropped or given up is not among them any more.
            guard (try? list()) != nil, isSecond, segments.first?.first == segment.first else { return [] }
        }
        doubt = nil
        segments.removeFirst()
        schedule.pass(segment.first)
        save()
        return damage.isEmpty ? [.whole(SegmentName.name(firstSeq: segment.first))] : damage.map { .damage($0) }
    }

    /// Looks which segments are left of the round: not the newest, to which records are added.
    private mutating func list() throws(SystemError) {
        segments = []
        let extent = try JournalExtent(disk)
        dropped = extent.dropped
        if bound == nil || schedule.position == nil { bound = extent.segments.last }
        let manifest = try SegmentManifest.read(of: extent, from: disk)
        let closed = Set(extent.segments.dropLast()).union(manifest?.segments.map(\.first) ?? [])
        for first in closed.sorted() where first >= schedule.next && first < bound ?? 0 {
            let known = manifest?[first]
            let size = if let known { known.size } else { try size(of: first) }
            let following = extent.segments.first { $0 > first }
            segments.append(Segment(first: first, known: known, size: size, following: following))
        }
    }

    private func size(of first: Int64) throws(SystemError) -> Int64 {
        guard let file = try disk.openUnlessPruned(first) else { return 0 }
        defer { disk.close(file) }
        return try disk.size(file)
    }

    /// Not synced, and a failure is no matter: then a round begins anew.
    private func save() {
        guard let position = schedule.position, let file = try? disk.open(ScrubPosition.name, .createIfMissing) else {
            return
        }
        defer { disk.close(file) }
        _ = try? disk.write(file, position.encode()[...], at: 0)
    }
}
