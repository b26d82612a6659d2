#if PostgreSQL
    /// One SQL statement with typed parameters.
    struct Statement: Hashable, Sendable {
        /// What it is called on the server once it is prepared there; empty for one that is not kept, such as DDL.
        let name: String
        let text: String
        let parameters: [ParameterType]

        /// A statement that each connection prepares when it first needs it.
        init(_ name: String, _ text: String, _ parameters: ParameterType...) {
            precondition(!name.isEmpty)
            (self.name, self.text, self.parameters) = (name, text, parameters)
        }

        /// A statement that is run once.
        init(once text: String, _ parameters: ParameterType...) {
            (name, self.text, self.parameters) = ("", text, parameters)
        }
    }

    /// Statements that are sent together, and answered together.
    ///
    /// Without a `BEGIN` among them they are one transaction. The first error ends the flight: what stands behind it is not run.
    struct Flight: Sendable {
        private(set) var steps: [(statement: Statement, arguments: [Parameter])] = []

        init() {}

        /// A flight of a single statement.
        init(_ statement: Statement, _ arguments: Parameter...) { add(statement, arguments) }

        /// Appends a statement; answers its place, which is also its answer's. The arguments must be what the statement declares.
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
#endif
