/// What the program says of itself.
enum Program {
    /// The version: the one place where it stands.
    static let version = "0.1.0"
}
