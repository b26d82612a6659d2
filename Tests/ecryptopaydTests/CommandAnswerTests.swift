import JSON
import Testing

@testable import ecryptopayd

/// What nodes hand to each other as text.
struct CommandAnswerTests {
    @Test(arguments: [
        CommandAnswer.begun(true), .begun(false), .failed("no"), .deliveries(3),
        .deliveries(0, damage: [.dictionary(["segment": .string("the database"), "from": .integer(7)])]),
    ])
    func `an answer is read as it was written`(answer: CommandAnswer) {
        #expect(CommandAnswer(answer.text) == answer)
    }

    @Test func `an answer of a version that told of no damage is read`() {
        #expect(CommandAnswer(#"{"deliveries":3}"#) == .deliveries(3))
        #expect(CommandAnswer(CommandAnswer.deliveries(3).text) == .deliveries(3))
    }
}
