import Testing

@testable import Configuration

@Suite struct DatabaseURLTests {
    private func url(_ text: String) throws -> DatabaseURL {
        guard case .database(let url) = try read(["ECRYPTOPAY_JOURNAL": text]).journal else {
            Issue.record("\(text) was taken for a directory")
            throw ValueFault(problem: "", hint: "")
        }
        return url
    }

    private func parameters(_ text: String, caFile: String? = nil) throws -> [String: String] {
        Dictionary(uniqueKeysWithValues: try url(text).exposedParameters(caFile: caFile).map { ($0.keyword, $0.value) })
    }

    struct Example: CustomTestStringConvertible, Sendable {
        let text: String
        let values: [String: String]
        let shown: String
        var testDescription: String { text }

        init(_ text: String, _ values: [String: String], _ shown: String) {
            self.text = text
            self.values = values
            self.shown = shown
        }
    }

    static let examples = [
        Example("postgresql://", [:], "postgresql://"),
        Example("postgres:///", [:], "postgresql://"),
        Example("PostgreSQL://localhost", ["host": "localhost"], "postgresql://localhost"),
        Example("postgresql:///ledger", ["dbname": "ledger"], "postgresql:///ledger"),
        Example(
            "postgresql://shop:s3cr3t@db.example:5433/ledger",
            ["user": "shop", "password": "s3cr3t", "host": "db.example", "port": "5433", "dbname": "ledger"],
            "postgresql://shop@db.example:5433/ledger"),
        Example(
            "postgresql://shop@db1:1,db2,[2001:db8::1]:3/ledger",
            ["user": "shop", "host": "db1,db2,2001:db8::1", "port": "1,,3", "dbname": "ledger"],
            "postgresql://shop@db1:1,db2,[2001:db8::1]:3/ledger"),
        Example(
            "postgresql://db1,db2/l?port=7", ["host": "db1,db2", "port": "7", "dbname": "l"],
            "postgresql://db1:7,db2:7/l"),
        Example(
            "postgresql://%2Frun%2Fpostgresql/ledger", ["host": "/run/postgresql", "dbname": "ledger"],
            "postgresql://%2Frun%2Fpostgresql/ledger"),
        Example(
            "postgresql:///ledger?host=/run/postgresql&port=5433",
            ["host": "/run/postgresql", "port": "5433", "dbname": "ledger"],
            "postgresql://%2Frun%2Fpostgresql:5433/ledger"),
        Example(
            "postgresql://sh%40p:%2Fs3cr3t%3F@localhost/l%20x",
            ["user": "sh@p", "password": "/s3cr3t?", "host": "localhost", "dbname": "l x"],
            "postgresql://sh%40p@localhost/l%20x"),
        // Up to the first @ before a slash, a question mark is of the password.
        Example(
            "postgresql://u:s3cr3t?x@localhost", ["user": "u", "password": "s3cr3t?x", "host": "localhost"],
            "postgresql://u@localhost"),
        Example(
            "postgresql://u:one@localhost?password=s3cr3t&sslpassword=s3cr3t2&sslcert=/c.pem&",
            ["user": "u", "password": "s3cr3t", "host": "localhost", "sslpassword": "s3cr3t2", "sslcert": "/c.pem"],
            "postgresql://u@localhost?sslcert=/c.pem"),
        Example(
            "postgresql://h?hostaddr=10.0.0.1&sslmode=verify-ca",
            ["host": "h", "hostaddr": "10.0.0.1", "sslmode": "verify-ca"],
            "postgresql://h?hostaddr=10.0.0.1&sslmode=verify-ca"),
        Example(
            "postgresql://localhost?ssl=true", ["host": "localhost", "sslmode": "require"],
            "postgresql://localhost?sslmode=require"),
        Example(
            "postgresql://localhost?options=-c%20work_mem%3D4MB",
            ["host": "localhost", "options": "-c work_mem=4MB"],
            "postgresql://localhost?options=-c%20work_mem%3D4MB"),
    ]

    @Test("a URL is read as libpq reads it, and shown without secrets", arguments: examples)
    func reads(_ example: Example) throws {
        let url = try url(example.text)
        #expect(url.values == example.values)
        #expect(url.description == example.shown)
        #expect(try self.url(url.description).description == example.shown, "what is shown means the same")
        var dumped = url.debugDescription
        dump(url, to: &dumped)
        #expect(!dumped.contains("s3cr3t"))
    }

    static let mistakes: [(String, String)] = [
        ("postgresql:/u:s3cr3t@h", "no // behind its scheme"), ("postgresql:u:s3cr3t@h", "no // behind its scheme"),
        ("mysql://u:s3cr3t@h", "not one of PostgreSQL's"), ("host=h password=s3cr3t", "connection string"),
        ("postgresql://u:s3cr3t/x@h", "has a port"), ("postgresql://u:s3cr@3t@h", "has a host"),
        ("postgresql://u:s3cr3t%@h", "percent sign"), ("postgresql://u:s3cr3t%zz@h", "percent sign"),
        ("postgresql://u:s3cr3t%00@h", "percent sign"), ("postgresql://u:s3cr3t\n@h", "control character"),
        ("postgresql://u:s3cr3t@h:0", "has a port"), ("postgresql://u:s3cr3t@h:65536", "has a port"),
        ("postgresql://u:s3cr3t@h:1:2", "has a port"), ("postgresql://u:s3cr3t@[::1", "without a ]"),
        ("postgresql://u:s3cr3t@[h]", "no IPv6 address"), ("postgresql://u:s3cr3t@[1:2]", "has a host"),
        ("postgresql://u:s3cr3t@[::1]x", "behind a ]"), ("postgresql://u:s3cr3t@h h", "has a host"),
        ("postgresql://u:s3cr3t@h?x", "KEYWORD=VALUE"), ("postgresql://u:s3cr3t@h?user=a=b", "KEYWORD=VALUE"),
        ("postgresql://u:s3cr3t@h?pasword=s3cr3t", "does not know"),
        ("postgresql://h?replication=true", "does not know"),
        ("postgresql://a,b?port=1,2,3", "more or fewer of port"),
        ("postgresql://a,b?hostaddr=::1", "more or fewer of hostaddr"),
        ("postgresql://a?hostaddr=b", "no IP address"), ("postgresql://localhost?sslmode=full", "sslmode that libpq"),
        ("postgresql://localhost?client_encoding=latin1", "client_encoding"),
    ]

    @Test("a mistake in a URL is named, and nothing of the URL is shown", arguments: mistakes)
    func refuses(_ mistake: (text: String, says: String)) throws {
        let found = try faults(["ECRYPTOPAY_JOURNAL": mistake.text])
        #expect(found.count == 1)
        #expect(found.first?.problem.contains(mistake.says) == true, "\(found)")
        #expect(!"\(found)".contains("s3cr"))
    }

    @Test(
        "a server elsewhere must prove what it is",
        arguments: ["db", "10.0.0.1", "localhost,db", "localhost?hostaddr=10.0.0.1", "%2Frun,db"])
    func remote(rest: String) throws {
        let joint = rest.contains("?") ? "&" : "?"
        for mode in ["disable", "allow", "prefer", "require"] {
            let found = try faults(["ECRYPTOPAY_JOURNAL": "postgresql://\(rest)\(joint)sslmode=\(mode)"])
            #expect(found.map { $0.problem.contains("does not prove") } == [true], "\(mode): \(found)")
        }
        #expect(try parameters("postgresql://\(rest)")["sslmode"] == "verify-full")
        #expect(try parameters("postgresql://\(rest)")["sslrootcert"] == "/etc/ssl/certs/ca-certificates.crt")
        #expect(try parameters("postgresql://\(rest)", caFile: "/ca.pem")["sslrootcert"] == "/ca.pem")
        let own = try parameters(
            "postgresql://\(rest)\(joint)sslrootcert=/own.pem&sslmode=verify-ca", caFile: "/ca.pem")
        #expect(own["sslrootcert"] == "/own.pem" && own["sslmode"] == "verify-ca")
        let text = "postgresql://\(rest)\(joint)sslmode="
        func warnings(_ mode: String) throws -> Int {
            try read(["ECRYPTOPAY_JOURNAL": text + mode]).warnings.count { $0.contains("write verify-full") }
        }
        #expect(try warnings("verify-ca") == 1)
        #expect(try warnings("verify-full") == 0)
    }

    @Test(
        "a server on this machine need not prove what it is",
        arguments: ["localhost", "127.0.0.1", "[::1]", "%2Frun%2Fpostgresql", "db?hostaddr=127.0.0.1", "%40abstract"])
    func local(rest: String) throws {
        #expect(try parameters("postgresql://\(rest)")["sslmode"] == nil)
        #expect(try parameters("postgresql://\(rest)")["sslrootcert"] == nil)
        let joint = rest.contains("?") ? "&" : "?"
        #expect(try parameters("postgresql://\(rest)\(joint)sslmode=disable")["sslmode"] == "disable")
    }

    @Test func `without a host, what libpq finds elsewhere must prove what it is, should it be far`() throws {
        #expect(try parameters("postgresql:///ledger")["sslmode"] == "verify-full")
        #expect(try parameters("postgresql:///ledger?sslmode=prefer")["sslmode"] == "prefer")
    }

    @Test func `what a daemon needs is added where the URL does not say it`() throws {
        let needed = try parameters("postgresql://u:s3cr3t@localhost/l?connect_timeout=9&keepalives_idle=60")
        #expect(
            needed == [
                "host": "localhost", "user": "u", "password": "s3cr3t", "dbname": "l", "connect_timeout": "9",
                "keepalives_idle": "60", "keepalives_interval": "5", "keepalives_count": "3",
                "tcp_user_timeout": "10000", "application_name": "ecryptopayd", "client_encoding": "UTF8",
                "target_session_attrs": "read-write",
            ])
    }

    @Test(
        "options that make commits less sure than the server's own are refused",
        arguments: [
            "-c%20synchronous_commit%3Doff", "--synchronous-commit%3Dlocal", "-cSynchronous_Commit%3Doff",
            "-c%20synchronous%5C_commit%3Doff",
        ])
    func options(_ options: String) throws {
        let found = try faults(["ECRYPTOPAY_JOURNAL": "postgresql://localhost?options=\(options)"])
        #expect(found.map { $0.problem.contains("synchronous_commit") } == [true])
    }

    @Test func `the secrets of a URL are found as they are, as they are written and encoded, the longest first`() throws
    {
        let url = try url("postgresql://u:%41bc%21@localhost?sslpassword=Abc")
        #expect(url.secrets == ["%41bc%21", "Abc%21", "Abc!", "Abc"])
        #expect(try self.url("postgresql://u@localhost").secrets == [])
    }

    @Test func `a database's URL may stand in a file or a credential`() throws {
        let text = "postgresql://u:s3cr3t@localhost/l"
        for settings in [
            try read(["ECRYPTOPAY_JOURNAL_FILE": "/keys/j"], files: ["/keys/j": text + "\n"]),
            try read(credentials: ["journal": text]),
        ] {
            guard case .database(let url) = settings.journal else {
                Issue.record("\(settings.journal)")
                continue
            }
            #expect(url.values["password"] == "s3cr3t")
            var shown = settings.describe().joined() + settings.json + "\(settings)" + String(reflecting: settings)
            dump(settings, to: &shown)
            #expect(shown.contains("postgresql://u@localhost/l"))
            #expect(!shown.contains("s3cr3t"))
        }
        let both = try faults(["ECRYPTOPAY_JOURNAL_FILE": "/keys/j", "ECRYPTOPAY_JOURNAL": text])
        #expect(both.map { $0.problem.contains("stands beside") } == [true])
        #expect(!"\(both)".contains("s3cr3t"))
    }

    @Test func `a file with a database's password that every user may read is warned of`() throws {
        func warnings(_ text: String) throws -> [String] {
            try read(
                ["ECRYPTOPAY_WEBHOOK_PATHS": "/h/5f0c8e9b7a6d4c3b"], file: "ECRYPTOPAY_JOURNAL=\(text)\n",
                readableByAll: ["x.env"]
            ).warnings
        }
        let told = try warnings("postgresql://u:s3cr3t@localhost/l")
        #expect(told.map { $0.hasPrefix("ECRYPTOPAY_JOURNAL: every user of this machine may read x.env") } == [true])
        #expect(try warnings("postgresql://u@localhost/l") == [])
        #expect(try warnings("/var/lib/journal") == [])
    }

    @Test func `another password of the database needs no restart, another server does`() throws {
        func faults(_ new: String) throws -> Int {
            try read(["ECRYPTOPAY_JOURNAL": new]).reloadFaults(
                from: try read(["ECRYPTOPAY_JOURNAL": "postgresql://u:one@a,b:5/l"])
            ).count
        }
        #expect(try faults("postgresql://u:two@a,b:5/l") == 0)
        #expect(try faults("postgresql://u@a,b:5/l?password=two") == 0)
        for other in ["u:one@a/l", "v:one@a,b:5/l", "u:one@a,b:6/l", "u:one@a,b:5/m", "u:one@a,b:5/l?sslcert=/c"] {
            #expect(try faults("postgresql://\(other)") == 1, "\(other)")
        }
    }

    @Test func `a bound of the disk is warned of when a database keeps the ledger`() throws {
        let url = ["ECRYPTOPAY_JOURNAL": "postgresql://localhost"]
        func told(_ environment: [String: String]) throws -> Bool {
            try read(environment).warnings.contains { $0.hasPrefix("ECRYPTOPAY_MIN_FREE_BYTES: does not count") }
        }
        #expect(try told(url.merging(["ECRYPTOPAY_MIN_FREE_BYTES": "1"]) { $1 }))
        #expect(try !told(url))
        #expect(try !told(["ECRYPTOPAY_MIN_FREE_BYTES": "1"]))
        let scrub = try read(url.merging(["ECRYPTOPAY_SCRUB": "7d"]) { $1 }).warnings
        #expect(scrub.contains { $0.hasPrefix("ECRYPTOPAY_SCRUB: does not count") })
    }
}
