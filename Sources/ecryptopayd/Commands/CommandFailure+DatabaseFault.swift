#if PostgreSQL
    import Configuration
    import SharedLedger

    extension DatabaseFault.Kind {
        /// Whether it may pass by itself.
        var mayPass: Bool {
            switch self {
            case .unreachable, .refused, .readOnly, .conflict, .lockTimeout, .full, .deadline, .behind, .occupied,
                .failed:
                true
            case .authentication, .certificate, .configuration, .schema, .damaged, .laterVersion, .otherAccount: false
            }
        }
    }

    extension CommandFailure {
        /// The exit code that fits a database that cannot be used.
        init(_ fault: DatabaseFault, configured url: DatabaseURL) {
            self.init(fault, "ECRYPTOPAY_JOURNAL=\(url)")
        }

        /// The same for one that is named otherwise.
        init(_ fault: DatabaseFault, _ place: String) {
            let (status, hint): (ExitStatus, String) =
                switch fault.kind {
                case .unreachable, .refused, .deadline:
                    (.unavailable, "check that it runs, and that this machine can reach it")
                case .readOnly:
                    (.unavailable, "name all of its hosts in the URL, so that the one that takes writes is found")
                case .conflict, .lockTimeout: (.tryAgain, "check what else uses it, and try again")
                case .full: (.inputOutput, "make room on its disk")
                case .authentication:
                    (.permission, "check the user and the password, and that pg_hba.conf allows them from this machine")
                case .certificate:
                    (
                        .permission,
                        "check the server's certificate and its name, and that ECRYPTOPAY_CA_FILE holds the authority that signed it"
                    )
                case .otherAccount(let hint): (.configuration, hint)
                case .occupied: (.tryAgain, DatabaseFault.Kind.hintWhenOccupied)
                case .configuration:
                    (
                        .configuration,
                        "check that the database exists, in UTF8, and that the user may create and change tables in it"
                    )
                case .schema: (.configuration, "install the version of ecryptopayd that the other nodes have")
                case .damaged: (.badData, "restore the database from its backup")
                case .laterVersion(let hint): (.badData, hint)
                case .behind: (.inputOutput, DatabaseFault.Kind.hintWhenBehind)
                case .failed: (.inputOutput, "check the server's log")
                }
            self.init(status, "\(place) cannot be used: \(fault)\(fault.hasHint ? "" : "; hint: \(hint)")")
        }
    }
#endif
