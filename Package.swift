// swift-tools-version: 6.2
import PackageDescription

/// Every target: Swift 6 mode, no warning survives, and imports say who sees them.
let common: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// What other rooms may use is `package`. It is `public` where somebody outside may use it, the library ECryptoPay and what that hands
// out; and in POSIX, JSON, HTTP1 and CivilTime, whose small functions every report passes through: the compiler inlines and specialises
// across modules what is public, and nothing that is package. All of it package cost a report a fifth more instructions.

/// Pure rooms do no I/O and read no clock; they hold the parsers, so they also do without unsafe pointers.
let pure = common + [.strictMemorySafety()]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let postgreSQL = Target.Dependency.target(name: "PostgreSQLStore", condition: .when(traits: ["PostgreSQL"]))

let package = Package(
    name: "ecryptopayd",
    products: [
        .executable(name: "ecryptopayd", targets: ["ecryptopayd"]),
        .library(name: "ECryptoPay", targets: ["ECryptoPay"]),
    ],
    // Off by default: the ledger in files needs no libpq. The name is also the condition in `#if PostgreSQL`.
    traits: [.trait(name: "PostgreSQL", description: "The ledger on PostgreSQL's protocol, through libpq")],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        // The program.
        .executableTarget(
            name: "ecryptopayd",
            dependencies: [
                "Configuration", "Admin", "Receiver", "Confirming", "Delivery", "Runtime", "Sandbox", "ECryptoPay",
                "JournalStore", "JournalFormat", "HTTPServer",
                "HTTP1", "ServiceManager", "POSIX", "Ledger", "Payments", "CivilTime", "JSON", "CQREncode",
                "SharedLedger",
                postgreSQL,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                logging,
            ],
            swiftSettings: common,
            // Every address is bound at the start, so that none is writable later. No product for others holds this target.
            linkerSettings: [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])]),
        .target(
            name: "Sandbox",
            dependencies: [
                "ECryptoPay", "HTTPServer", "HTTP1", "POSIX", "Ledger", "Payments", "CivilTime", "JSON", logging,
            ],
            swiftSettings: common),
        .target(
            name: "Admin",
            dependencies: [
                "Confirming", "Receiver", "Runtime", "ECryptoPay", "JournalFormat", "HTTPServer", "HTTP1", "POSIX",
                "Ledger", "Payments", "CivilTime", "JSON", "CCrypto", logging,
            ],
            swiftSettings: common),
        .target(
            name: "Receiver",
            dependencies: ["Runtime", "HTTPServer", "HTTP1", "POSIX", "Ledger", "Payments", "JSON", logging],
            swiftSettings: common),
        .target(
            name: "Confirming",
            dependencies: ["Runtime", "ECryptoPay", "JournalFormat", "POSIX", "Ledger", "Payments", logging],
            swiftSettings: common),
        .target(
            name: "Delivery",
            dependencies: [
                "Runtime", "ECryptoPay", "POSIX", "Ledger", "JournalFormat", "Payments", "CivilTime", "CCrypto",
                logging,
            ],
            swiftSettings: common),
        .target(
            name: "Runtime",
            dependencies: ["POSIX", "Ledger", "CivilTime", logging],
            swiftSettings: common),
        .target(name: "ECryptoPay", dependencies: ["Payments", "CivilTime", "JSON", "CCurl"], swiftSettings: common),
        .target(
            name: "JournalStore", dependencies: ["JournalFormat", "Ledger", "Payments", "CivilTime", "POSIX"],
            swiftSettings: common),
        .target(
            name: "SharedLedger",
            dependencies: ["JournalStore", "Ledger", "Payments", "JournalFormat", "JSON", "POSIX"],
            swiftSettings: common),
        // Built without the trait too, but then each of its files is empty: a target cannot be left out.
        .target(
            name: "PostgreSQLStore",
            dependencies: [
                "SharedLedger", "Ledger", "Payments", "JournalFormat", "POSIX",
                .target(name: "CPostgreSQL", condition: .when(traits: ["PostgreSQL"])),
            ],
            swiftSettings: common),
        .target(
            name: "HTTPServer",
            dependencies: ["HTTP1", "POSIX", logging],
            swiftSettings: common),
        .target(
            name: "ServiceManager",
            dependencies: ["POSIX", "CivilTime", "JSON", "CSystemd", logging],
            swiftSettings: common),
        .target(name: "POSIX", dependencies: ["CShims"], swiftSettings: common),

        // Pure rooms.
        .target(name: "Configuration", dependencies: ["HTTP1", "JSON"], swiftSettings: pure),
        .target(
            name: "Ledger", dependencies: ["Payments", "JournalFormat", "CivilTime"], swiftSettings: pure),
        .target(name: "Payments", dependencies: ["CivilTime", "JSON"], swiftSettings: pure),
        .target(name: "JournalFormat", dependencies: ["CivilTime", "JSON", "CShims"], swiftSettings: pure),
        .target(name: "HTTP1", dependencies: ["CivilTime"], swiftSettings: pure),
        .target(name: "JSON", swiftSettings: pure),
        .target(name: "CivilTime", swiftSettings: pure),

        // What C gives.
        .target(name: "CShims"),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // Without pkgConfig, which would be asked, and warned of, where libpq is not needed.
        .systemLibrary(name: "CPostgreSQL", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),

        // Benchmarks. Only the count of allocations is part of a test run, since it does not depend on the machine.
        .executableTarget(
            name: "JournalBenchmark", dependencies: ["JournalStore", "JournalFormat", "Ledger", "Payments", "POSIX"],
            path: "Tests/Benchmarks/JournalBenchmark", swiftSettings: common),
        .executableTarget(
            name: "ClientBenchmark", dependencies: ["ECryptoPay", "Payments", "POSIX"],
            path: "Tests/Benchmarks/ClientBenchmark", swiftSettings: common),
        .executableTarget(
            name: "ServerBenchmark",
            dependencies: ["HTTPServer", "HTTP1", "POSIX", logging],
            path: "Tests/Benchmarks/ServerBenchmark", swiftSettings: common),
        .executableTarget(
            name: "RequestAllocations", dependencies: ["HTTP1", "CAllocations"],
            path: "Tests/Benchmarks/RequestAllocations", swiftSettings: common),
        .target(name: "CAllocations", path: "Tests/Benchmarks/CAllocations"),

        // A test that only an optimised build finishes in time.
        .executableTarget(
            name: "FloodSimulation", dependencies: ["Ledger", "Payments", "JournalFormat", "CivilTime"],
            path: "Tests/FloodSimulation", swiftSettings: common),

        // Tests mirror the sources.
        .target(
            name: "TestSupport",
            dependencies: ["POSIX", "CThreadSanitizer", logging],
            path: "Tests/TestSupport",
            swiftSettings: common),
        .target(name: "CThreadSanitizer", path: "Tests/CThreadSanitizer"),
        .testTarget(name: "POSIXTests", dependencies: ["POSIX", "TestSupport"], swiftSettings: common),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: common),
        .testTarget(name: "CivilTimeTests", dependencies: ["CivilTime"], swiftSettings: common),
        .target(
            name: "HTTP1Properties", dependencies: ["HTTP1"], path: "Tests/Fuzz/HTTP1Properties", swiftSettings: common),
        .testTarget(name: "HTTP1Tests", dependencies: ["HTTP1", "HTTP1Properties"], swiftSettings: common),
        .testTarget(
            name: "JournalFormatTests", dependencies: ["JournalFormat", "TestSupport"], exclude: ["Samples"],
            swiftSettings: common),
        .target(
            name: "PaymentSamples", dependencies: ["Payments", "CivilTime"], path: "Tests/PaymentSamples",
            swiftSettings: common),
        .testTarget(
            name: "PaymentsTests", dependencies: ["Payments", "PaymentSamples", "CivilTime"], swiftSettings: common),
        .testTarget(
            name: "LedgerTests",
            dependencies: ["Ledger", "Payments", "JournalFormat", "PaymentSamples", "TestSupport"],
            swiftSettings: common),
        .testTarget(name: "ConfigurationTests", dependencies: ["Configuration", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "ServiceManagerTests", dependencies: ["ServiceManager", "POSIX", "TestSupport"], swiftSettings: common
        ),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: ["HTTPServer", "HTTP1", "POSIX", "TestSupport", logging],
            swiftSettings: common),
        .target(
            name: "JournalStoreSimulation", dependencies: ["JournalStore", "JournalFormat", "Ledger", "POSIX"],
            path: "Tests/JournalStoreSimulation", swiftSettings: common),
        .testTarget(
            name: "JournalStoreTests",
            dependencies: [
                "JournalStore", "JournalStoreSimulation", "JournalFormat", "Ledger", "Payments", "POSIX", "TestSupport",
            ],
            swiftSettings: common),
        .target(
            name: "SharedLedgerSimulation",
            dependencies: ["SharedLedger", "JournalStore", "JournalFormat", "Ledger", "Payments", "POSIX"],
            path: "Tests/SharedLedgerSimulation", swiftSettings: common),
        .testTarget(
            name: "SharedLedgerTests",
            dependencies: [
                "SharedLedger", "SharedLedgerSimulation", "JournalStore", "JournalFormat", "Ledger", "Payments",
                "TestSupport",
            ],
            swiftSettings: common),
        .testTarget(
            name: "PostgreSQLStoreTests",
            dependencies: [
                "PostgreSQLStore", "SharedLedger", "JournalFormat", "Ledger", "Payments", "POSIX", "TestSupport",
            ],
            swiftSettings: common),
        .testTarget(
            name: "ECryptoPayTests", dependencies: ["ECryptoPay", "Ledger", "Payments", "JSON", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "Sandbox", "ECryptoPay", "HTTPServer", "HTTP1", "POSIX", "Ledger", "Payments", "CivilTime", "JSON",
                "TestSupport", logging,
            ],
            swiftSettings: common),
        .target(
            name: "LedgerDoubles",
            dependencies: [
                "Confirming", "ECryptoPay", "JournalStore", "SharedLedger", "JournalFormat", "Ledger", "Payments",
                "POSIX", "TestSupport", postgreSQL,
            ],
            path: "Tests/LedgerDoubles", swiftSettings: common),
        .testTarget(
            name: "RuntimeTests",
            dependencies: ["TestSupport", "Runtime", "Ledger", logging],
            swiftSettings: common),
        .testTarget(
            name: "DeliveryTests",
            dependencies: [
                "Delivery", "LedgerDoubles", "JournalFormat", "HTTPServer", "HTTP1", "Ledger", "Payments", "POSIX",
                "JSON", "TestSupport", logging,
            ],
            swiftSettings: common),
        .testTarget(
            name: "ConfirmingTests",
            dependencies: [
                "Runtime", "Confirming", "LedgerDoubles", "Sandbox", "ECryptoPay", "HTTPServer", "HTTP1",
                "JournalFormat", "Ledger", "Payments", "POSIX", "TestSupport", logging,
            ],
            swiftSettings: common),
        .testTarget(
            name: "ReceiverTests",
            dependencies: [
                "Receiver", "LedgerDoubles", "HTTPServer", "POSIX", "Ledger", "Payments", "TestSupport", logging,
            ],
            swiftSettings: common),
        .testTarget(
            name: "AdminTests",
            dependencies: [
                "Confirming", "Receiver", "Runtime", "Admin", "LedgerDoubles", "JournalFormat", "HTTPServer", "HTTP1",
                "POSIX", "Ledger", "Payments", "JSON", "TestSupport", logging,
            ],
            swiftSettings: common),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "Admin", "Receiver", "Confirming", "Delivery", "Runtime", "ECryptoPay", "JournalStore",
                "JournalStoreSimulation", "SharedLedger", "SharedLedgerSimulation", "JournalFormat", "Ledger",
                "Payments",
                "JSON", "CivilTime", "TestSupport", logging,
            ],
            swiftSettings: common),
        .testTarget(
            name: "ecryptopaydTests",
            dependencies: [
                "ecryptopayd", "Configuration", "LedgerDoubles", "ECryptoPay", "JournalStore", "JournalFormat",
                "HTTPServer", "HTTP1", "POSIX", "Ledger", "Payments", "JSON", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: common),
        // The program that was built, as a process of its own.
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "ecryptopayd", "ECryptoPay", "HTTPServer", "HTTP1", "JournalFormat", "Payments", "JSON",
                "POSIX", "SharedLedger", postgreSQL, "TestSupport", logging,
            ],
            swiftSettings: common),
    ]
)

// Fuzzing needs a build of its own, with libFuzzer's main function: Tests/Fuzz/run.
if Context.environment["ECRYPTOPAYD_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "HTTP1Fuzz", dependencies: ["HTTP1Properties"], path: "Tests/Fuzz/HTTP1Fuzz",
            swiftSettings: common + [.unsafeFlags(["-parse-as-library"])]))
}
