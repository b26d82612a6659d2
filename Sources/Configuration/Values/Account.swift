/// What the API knows the merchant by.
package struct Account: Hashable, Sendable {
    /// The client id; no secret.
    package let clientID: String
    /// The client secret.
    package let clientSecret: Secret
    /// The e-mail address; no secret.
    package let email: String
    /// The password.
    package let password: Secret
}
