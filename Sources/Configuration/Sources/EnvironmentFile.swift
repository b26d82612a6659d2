/// The assignments of an env file, read as systemd reads an `EnvironmentFile=` (systemd.exec(5)).
///
/// The grammar; white space is space and tab, a line ends with LF, CR LF or CR:
///
///     file       = *( blank line / comment / assignment )
///     comment    = *space ( "#" / ";" ) *character                     to the end of the line
///     assignment = *space name *space "=" *space value                 to the end of the line
///     name       = ( letter / "_" ) *( letter / digit / "_" )
///     value      = *( quoted *space ) [ bare ]                         the parts are joined
///     quoted     = "'" *( any but "'" ) "'"                            as it stands, line ends included
///                / DQUOTE *( any but DQUOTE and "\" / escape ) DQUOTE
///     escape     = "\" ( DQUOTE / "\" / "`" / "$" )                    the second character
///                / "\" LF                                              nothing: the line goes on
///                / "\" other                                           both characters
///     bare       = character that is neither space nor quote, then any, without the white space at the end;
///                  "\" LF is nothing, "\" other is the other; quotes, "#" and ";" are themselves in it
///
/// A name that is assigned twice has the later value. Nothing is expanded: `$` and `%` are themselves.
///
/// systemd passes over a line that it does not understand; here it is a fault with its number, because a key lost
/// silently is a default in force silently. Also faults, since systemd drops them, or its versions differ: a name of
/// other characters, a value that is not UTF-8 or holds control characters other than tab and line feed, a quote that is
/// never closed, a comment that ends with a backslash, a backslash before CR LF.
package struct EnvironmentFile: Hashable, Sendable {
    /// One assignment as it stands in the file.
    package struct Assignment: Hashable, Sendable {
        /// The variable's name.
        package let name: String
        /// Its value, unquoted.
        package let value: String
        /// The line its name stands on; the first is 1.
        package let line: Int
    }

    /// What the file is called in messages: its path.
    package let name: String
    /// Every assignment, in order.
    package let assignments: [Assignment]

    /// Parses a whole file.
    ///
    /// - Parameters:
    ///   - bytes: its content.
    ///   - name: what to call it in messages.
    /// - Throws: every faulty line; no message repeats what a line says, since that could be a secret.
    package init(parsing bytes: [UInt8], named name: String) throws(ConfigurationFaults) {
        var parser = EnvironmentFileParser(file: name)
        for byte in bytes { parser.consume(byte) }
        self.name = name
        assignments = try parser.finish()
    }

    /// The assignment of `name` that counts: the last.
    package func assignment(of name: String) -> Assignment? { assignments.last { $0.name == name } }

    /// The assignments that are none of this program's, e.g. `https_proxy`.
    package var others: [Assignment] { assignments.filter { !$0.name.hasPrefix(SettingKey.prefix) } }
}
