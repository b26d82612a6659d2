#if PostgreSQL
    /// The tables, as statements that may each be run again, and any number of nodes at once.
    ///
    /// Plain SQL that PostgreSQL, CockroachDB and YugabyteDB document. The records have unique indexes with a direction in the place of
    /// primary keys: YugabyteDB spreads a primary key's rows by their hashes, and then they cannot be read in order.
    enum Schema {
        /// The version that ``steps`` lead to.
        static let version: Int64 = 1

        /// What has to be there before a node can claim to be the one that migrates.
        static let beginning = [
            "CREATE SCHEMA IF NOT EXISTS ecryptopayd",
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.version (id integer PRIMARY KEY CHECK (id = 1), version bigint NOT NULL, \
            node bigint, until timestamptz)
            """, "INSERT INTO ecryptopayd.version (id, version) VALUES (1, 0) ON CONFLICT (id) DO NOTHING",
        ]

        /// What leads from the version before to each version: the first to version 1.
        static let steps: [[String]] = [first]

        /// Version 1.
        private static let first = [
            // The one row that whoever writes has locked. Times are nanoseconds since 1970.
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.ledger (id integer PRIMARY KEY CHECK (id = 1), schema bigint NOT NULL, \
            journal text NOT NULL, copying boolean NOT NULL, seq bigint NOT NULL, note bigint NOT NULL, bytes bigint NOT NULL, \
            segments bigint NOT NULL, segment_bytes bigint NOT NULL, bucket0 bigint NOT NULL, bucket1 bigint NOT NULL, \
            next_class bigint NOT NULL, paused_until bigint NOT NULL)
            """,
            // Who lives: `turn` is the last that was committed, and the node counts as living for `lease` microseconds behind it.
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.nodes (node bigint PRIMARY KEY, name text NOT NULL, version text NOT NULL, \
            turn bigint NOT NULL, lease bigint NOT NULL, until timestamptz NOT NULL)
            """,
            // What one node does for all.
            "CREATE TABLE IF NOT EXISTS ecryptopayd.leases (name text PRIMARY KEY, node bigint NOT NULL)",
            // The journal. `line` is a record as it stands in a file, without its newline; the rest says what to find it by. `call` is
            // a confirmation's place among all calls, and a report's fingerprint.
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.records (seq bigint NOT NULL, node bigint NOT NULL, kind text NOT NULL, \
            payment bigint, news boolean NOT NULL, call bigint NOT NULL, time bigint NOT NULL, line text NOT NULL)
            """, "CREATE UNIQUE INDEX IF NOT EXISTS records_seq ON ecryptopayd.records (seq ASC)",
            "CREATE INDEX IF NOT EXISTS records_news ON ecryptopayd.records (payment ASC, seq ASC) WHERE news",
            "CREATE INDEX IF NOT EXISTS records_opened ON ecryptopayd.records (seq ASC) WHERE kind = 'opened'",
            // What nodes tell each other beside the records; for an hour.
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.notes (number bigint NOT NULL, seq bigint NOT NULL, node bigint NOT NULL, \
            at timestamptz NOT NULL, body bytea NOT NULL)
            """, "CREATE UNIQUE INDEX IF NOT EXISTS notes_number ON ecryptopayd.notes (number ASC)",
            // Numbers that are gone: pruned, or dropped before a copy was made.
            "CREATE TABLE IF NOT EXISTS ecryptopayd.gaps (first bigint PRIMARY KEY, last bigint NOT NULL)",
            // The state that the records up to `seq` come to.
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.folded (id integer PRIMARY KEY CHECK (id = 1), seq bigint NOT NULL, \
            counts bigint[] NOT NULL)
            """,
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.known (payment bigint NOT NULL, seq bigint NOT NULL, \
            fingerprint bigint NOT NULL, updated_at bigint NOT NULL)
            """, "CREATE UNIQUE INDEX IF NOT EXISTS known_payment ON ecryptopayd.known (payment ASC)",
            // `place` is the order in which the state has a payment's rows.
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.pending (payment bigint NOT NULL, place bigint NOT NULL, seq bigint NOT NULL, \
            fingerprint bigint NOT NULL, aside boolean NOT NULL)
            """, "CREATE UNIQUE INDEX IF NOT EXISTS pending_payment ON ecryptopayd.pending (payment ASC, place ASC)",
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.endpoints (place bigint PRIMARY KEY, name text NOT NULL, since bigint NOT NULL, \
            configured boolean NOT NULL)
            """,
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.deliveries (payment bigint NOT NULL, place bigint NOT NULL, \
            endpoint text NOT NULL, seq bigint NOT NULL)
            """,
            "CREATE UNIQUE INDEX IF NOT EXISTS deliveries_payment ON ecryptopayd.deliveries (payment ASC, place ASC)",
            "INSERT INTO ecryptopayd.folded (id, seq, counts) VALUES (1, 0, '{}') ON CONFLICT (id) DO NOTHING",
        ]
    }
#endif
