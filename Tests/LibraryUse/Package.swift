// swift-tools-version: 6.2
import PackageDescription

// Uses the library as anybody outside would: by its product alone. Tests/library builds and runs it.
let package = Package(
    name: "LibraryUse",
    dependencies: [.package(name: "ecryptopayd", path: "../..")],
    targets: [
        .executableTarget(
            name: "LibraryUse", dependencies: [.product(name: "ECryptoPay", package: "ecryptopayd")],
            swiftSettings: [
                .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
                .enableUpcomingFeature("MemberImportVisibility"),
            ])
    ]
)
