import SharedLedger
import Testing

struct ServerProofTests {
    private let proof = ServerProof()

    @Test func `an epoch that is over does not replace a later one`() {
        proof.note(epoch: 3)
        proof.note(epoch: 2)
        #expect(proof.value.epoch == 3)
    }

    @Test func `a record that stands before one that was seen replaces nothing`() {
        proof.note(7, head: [1, 2])
        proof.note(6, head: [3])
        #expect(proof.value.seq == 7)
        #expect(proof.value.head == [1, 2])
    }

    @Test func `the line of a record is a proof also when it becomes known later than the record, and does not change`()
    {
        proof.note(7, head: [])
        proof.note(7, head: [1, 2])
        proof.note(7, head: [3])
        #expect(proof.value.head == [1, 2])
    }

    @Test func `a later record whose line is not known is no proof of an earlier line`() {
        proof.note(7, head: [1, 2])
        proof.note(8, head: [])
        #expect(proof.value.seq == 8)
        #expect(proof.value.head.isEmpty)
    }
}
