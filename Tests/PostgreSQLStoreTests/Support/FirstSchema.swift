#if PostgreSQL
    /// The tables as version 1 of the schema made them.
    enum FirstSchema {
        static let beginning = [
            "CREATE SCHEMA ecryptopayd",
            """
            CREATE TABLE ecryptopayd.version (id integer PRIMARY KEY CHECK (id = 1), version bigint NOT NULL, \
            node bigint, until timestamptz)
            """, "INSERT INTO ecryptopayd.version (id, version) VALUES (1, 1)",
        ]

        static let tables = [
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.ledger (id integer PRIMARY KEY CHECK (id = 1), schema bigint NOT NULL, \
            journal text NOT NULL, copying boolean NOT NULL, seq bigint NOT NULL, note bigint NOT NULL, bytes bigint NOT NULL, \
            segments bigint NOT NULL, segment_bytes bigint NOT NULL, bucket0 bigint NOT NULL, bucket1 bigint NOT NULL, \
            next_class bigint NOT NULL, paused_until bigint NOT NULL)
            """,
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.nodes (node bigint PRIMARY KEY, name text NOT NULL, version text NOT NULL, \
            turn bigint NOT NULL, lease bigint NOT NULL, until timestamptz NOT NULL)
            """,
            "CREATE TABLE IF NOT EXISTS ecryptopayd.leases (name text PRIMARY KEY, node bigint NOT NULL)",
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.records (seq bigint NOT NULL, node bigint NOT NULL, kind text NOT NULL, \
            payment bigint, news boolean NOT NULL, call bigint NOT NULL, time bigint NOT NULL, line text NOT NULL)
            """, "CREATE UNIQUE INDEX IF NOT EXISTS records_seq ON ecryptopayd.records (seq ASC)",
            "CREATE INDEX IF NOT EXISTS records_news ON ecryptopayd.records (payment ASC, seq ASC) WHERE news",
            "CREATE INDEX IF NOT EXISTS records_opened ON ecryptopayd.records (seq ASC) WHERE kind = 'opened'",
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.notes (number bigint NOT NULL, seq bigint NOT NULL, node bigint NOT NULL, \
            at timestamptz NOT NULL, body bytea NOT NULL)
            """, "CREATE UNIQUE INDEX IF NOT EXISTS notes_number ON ecryptopayd.notes (number ASC)",
            "CREATE TABLE IF NOT EXISTS ecryptopayd.gaps (first bigint PRIMARY KEY, last bigint NOT NULL)",
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.folded (id integer PRIMARY KEY CHECK (id = 1), seq bigint NOT NULL, \
            counts bigint[] NOT NULL)
            """,
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.known (payment bigint NOT NULL, seq bigint NOT NULL, \
            fingerprint bigint NOT NULL, updated_at bigint NOT NULL)
            """, "CREATE UNIQUE INDEX IF NOT EXISTS known_payment ON ecryptopayd.known (payment ASC)",
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

        /// A ledger of four records, of which the first was pruned, and a node that lives for that long.
        static func content(living: String) -> [String] {
            [
                "INSERT INTO ecryptopayd.ledger VALUES (1, 1, 'id', false, 4, 0, 1, 1, 1, 0, 0, 0, 0)",
                """
                INSERT INTO ecryptopayd.records VALUES (2, 1, 'opened', NULL, false, 0, 5, 'two'), \
                (3, 1, 'received', 7, false, 99, 6, 'three'), (4, 1, 'confirmed', 7, true, 1, 7, 'four')
                """, "INSERT INTO ecryptopayd.gaps VALUES (1, 1)", "INSERT INTO ecryptopayd.known VALUES (7, 4, 99, 6)",
                """
                INSERT INTO ecryptopayd.nodes VALUES (1, 'old', '1', 9, 9, clock_timestamp() + interval '\(living)')
                """,
            ]
        }
    }
#endif
