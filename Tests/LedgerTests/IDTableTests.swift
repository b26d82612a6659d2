import Testing

@testable import Ledger
@testable import Payments

struct IDTableTests {
    private struct Element: IDTableElement, Sendable {
        var id: PaymentID
        var value: Int
    }

    @Test func `the table of ids equals a dictionary after random insertions and removals`() {
        var random = SplitMix64(seed: 7)
        var table = IDTable<Element>()
        var model: [PaymentID: Int] = [:]
        for step in 0..<50_000 {
            let id = PaymentID.random(in: 1...3000, using: &random)
            if let slot = table.slot(of: id) {
                #expect(table[slot].value == model[id])
                if Bool.random(using: &random) {
                    table.remove(at: slot)
                    model[id] = nil
                } else {
                    table[slot].value = step
                    model[id] = step
                }
            } else {
                #expect(model[id] == nil)
                table.insert(Element(id: id, value: step))
                model[id] = step
            }
            #expect(table.count == model.count)
        }
        var seen: [PaymentID: Int] = [:]
        table.forEachSlot { seen[table[$0].id] = table[$0].value }
        #expect(seen == model)
    }

}
