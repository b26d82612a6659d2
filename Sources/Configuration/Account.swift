/// What the API knows the merchant by.
public struct Account: Hashable, Sendable {
    /// The client id; no secret.
    public let clientID: String
    /// The client secret.
    public let clientSecret: Secret
    /// The e-mail address; no secret.
    public let email: String
    /// The password.
    public let password: Secret
}
