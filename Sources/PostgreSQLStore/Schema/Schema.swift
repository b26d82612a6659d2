#if PostgreSQL
    /// The tables. Each has a primary key, so that it can be replicated logically, and none has a row that all nodes write.
    enum Schema {
        /// The version that ``statements`` lead to.
        static let version: Int64 = 2

        /// What leads from no tables, or from version 1, to this version.
        static let statements = fromFirst + tables

        /// What remains of version 1. Its records are all that is needed: the state is what they come to.
        private static let fromFirst = [
            """
            DROP TABLE IF EXISTS ecryptopayd.notes, ecryptopayd.leases, ecryptopayd.folded, ecryptopayd.known, \
            ecryptopayd.pending, ecryptopayd.endpoints, ecryptopayd.deliveries
            """, "DROP INDEX IF EXISTS ecryptopayd.records_news",
            """
            ALTER TABLE IF EXISTS ecryptopayd.ledger DROP COLUMN IF EXISTS seq, DROP COLUMN IF EXISTS note, \
            DROP COLUMN IF EXISTS bytes, DROP COLUMN IF EXISTS segments, DROP COLUMN IF EXISTS segment_bytes, \
            DROP COLUMN IF EXISTS bucket0, DROP COLUMN IF EXISTS bucket1, DROP COLUMN IF EXISTS next_class, \
            DROP COLUMN IF EXISTS paused_until
            """,
            """
            ALTER TABLE IF EXISTS ecryptopayd.records DROP COLUMN IF EXISTS node, DROP COLUMN IF EXISTS call, \
            ADD COLUMN IF NOT EXISTS epoch bigint NOT NULL DEFAULT 0
            """, "ALTER TABLE IF EXISTS ecryptopayd.records ALTER COLUMN epoch DROP DEFAULT",
            "ALTER TABLE IF EXISTS ecryptopayd.records ADD CONSTRAINT records_pkey PRIMARY KEY USING INDEX records_seq",
            "ALTER TABLE IF EXISTS ecryptopayd.version DROP COLUMN IF EXISTS node, DROP COLUMN IF EXISTS until",
        ]

        // Those that version 1 has had stay.
        private static let tables = [
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.version (id integer PRIMARY KEY CHECK (id = 1), version bigint NOT NULL)
            """,
            """
            INSERT INTO ecryptopayd.version (id, version) VALUES (1, \(version)) \
            ON CONFLICT (id) DO UPDATE SET version = excluded.version
            """,
            // Whose ledger it is. Written when it is made, copied or migrated, and by nobody else.
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.ledger (id integer PRIMARY KEY CHECK (id = 1), schema bigint NOT NULL, \
            journal text NOT NULL, copying boolean NOT NULL)
            """, "UPDATE ecryptopayd.ledger SET schema = \(version) WHERE id = 1",
            // Who decides. The epoch is a key, so that changing it conflicts with the lock that every write of the deciding node takes.
            """
            CREATE TABLE ecryptopayd.lease (id integer PRIMARY KEY CHECK (id = 1), epoch bigint NOT NULL UNIQUE, \
            node bigint, name text NOT NULL, since timestamptz NOT NULL, until timestamptz NOT NULL, durable bigint NOT NULL, \
            is_full boolean NOT NULL)
            """,
            """
            INSERT INTO ecryptopayd.lease (id, epoch, node, name, since, until, durable, is_full) \
            VALUES (1, 0, NULL, '', clock_timestamp(), clock_timestamp(), 0, false)
            """,
            """
            CREATE TABLE ecryptopayd.nodes (node bigint PRIMARY KEY, name text NOT NULL, version text NOT NULL, \
            configuration text NOT NULL, started timestamptz NOT NULL, seen timestamptz NOT NULL)
            """,
            // Reports that were accepted and not yet decided upon: a queue, whose dead rows have to go soon.
            """
            CREATE TABLE ecryptopayd.inbox (node bigint, number bigint, at timestamptz NOT NULL, \
            payment bigint NOT NULL, fingerprint bigint NOT NULL, report text NOT NULL, PRIMARY KEY (node, number)) \
            WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, \
            autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000, \
            autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000)
            """,
            // The journal. `line` is a record as it stands in a file, without its newline; the rest says what to find it by.
            """
            CREATE TABLE IF NOT EXISTS ecryptopayd.records (seq bigint PRIMARY KEY, epoch bigint NOT NULL, kind text NOT NULL, \
            payment bigint, news boolean NOT NULL, time bigint NOT NULL, line text NOT NULL)
            """,
            """
            CREATE INDEX records_known ON ecryptopayd.records (payment, seq) WHERE kind IN ('confirmed', 'known')
            """, "CREATE INDEX IF NOT EXISTS records_opened ON ecryptopayd.records (seq) WHERE kind = 'opened'",
            // Numbers that are gone: pruned, or dropped before a copy was made.
            "CREATE TABLE IF NOT EXISTS ecryptopayd.gaps (first bigint PRIMARY KEY, last bigint NOT NULL)",
            // The state that the records up to `seq` come to, in parts.
            """
            CREATE TABLE ecryptopayd.checkpoint (seq bigint, part bigint, bytes bigint NOT NULL, \
            segments bigint NOT NULL, state bytea NOT NULL, PRIMARY KEY (seq, part))
            """,
            // What nodes ask of the one that decides.
            """
            CREATE TABLE ecryptopayd.commands (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \
            node bigint NOT NULL, at timestamptz NOT NULL, taken bigint, text text NOT NULL, answer text)
            """,
        ]
    }
#endif
