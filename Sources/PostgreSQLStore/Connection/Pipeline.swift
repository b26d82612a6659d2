#if PostgreSQL
    import SharedLedger

    /// Statements that are sent together, and answered together.
    ///
    /// Without a `BEGIN` among them they are one transaction. The first error ends the pipeline: what stands behind it is not run.
    struct Pipeline: Sendable {
        private(set) var steps: [(statement: Statement, arguments: [Parameter])] = []

        init() {}

        /// A pipeline of a single statement.
        init(_ statement: Statement, _ arguments: Parameter...) { add(statement, arguments) }

        /// The same.
        init(_ statement: Statement, _ arguments: [Parameter]) { add(statement, arguments) }

        /// Appends a statement; returns its place, which is also its answer's. The arguments must be what the statement declares.
        @discardableResult
        mutating func add(_ statement: Statement, _ arguments: Parameter...) -> Int { add(statement, arguments) }

        @discardableResult
        mutating func add(_ statement: Statement, _ arguments: [Parameter]) -> Int {
            precondition(arguments.count == statement.parameters.count)
            precondition(zip(arguments, statement.parameters).allSatisfy { $0.fits($1) })
            steps.append((statement, arguments))
            return steps.count - 1
        }
    }

    /// A pipeline that did not come to its end. Unless the server gave a code, it is not known what of it was carried out.
    struct PipelineFault: Error {
        /// Why.
        let fault: DatabaseFault
        /// The SQLSTATE that the server gave; nil when it said nothing.
        var code: String?
        /// What the server answered before it.
        var answers: [Answer] = []
    }
#endif
