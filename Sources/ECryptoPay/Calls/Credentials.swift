/// The account at ecryptopay, as its dashboard shows it under "configuración de api" (API documentation,
/// "Autenticación").
///
/// Prints without its secrets, however it is printed.
public struct Credentials: Sendable, Hashable {
    /// The application's id; the API's `client_id`.
    public var clientID: String
    /// The application's secret; the API's `client_secret`.
    public var clientSecret: String
    /// The e-mail address of the dashboard's account.
    public var email: String
    /// The password of the dashboard's account.
    public var password: String

    /// Puts an account together.
    public init(clientID: String, clientSecret: String, email: String, password: String) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.email = email
        self.password = password
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Names the account; the secrets are left out.
    public var description: String { "account \(email), client \(clientID)" }
    /// As `description`.
    public var debugDescription: String { description }
    /// Without the secrets, for `dump` and debuggers.
    public var customMirror: Mirror { Mirror(self, children: ["email": email, "clientID": clientID]) }
}
