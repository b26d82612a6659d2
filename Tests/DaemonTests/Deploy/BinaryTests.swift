import TestSupport
import Testing

/// The program as the linker left it. What holds for the package's alone is seen in `Tests/System`.
struct BinaryTests {
    private func readelf(_ options: String) async throws -> String {
        let result = try await ChildProcess.run("/usr/bin/readelf", [options, try builtBinary(named: "ecryptopayd")])
        #expect(result.exit == .code(0), "\(result.errors)")
        return result.output
    }

    @Test func `every address is bound at the start, and read-only from then on`() async throws {
        let dynamic = try await readelf("-dW")
        #expect(dynamic.contains("BIND_NOW") && !dynamic.contains("TEXTREL"), "\(dynamic)")
        let segments = try await readelf("-lW")
        #expect(segments.contains("GNU_RELRO") && segments.contains("Position-Independent Executable"), "\(segments)")
        let writable = segments.split(separator: "\n").filter { $0.contains("RWE") }
        #expect(writable.isEmpty && segments.contains("GNU_STACK"), "\(writable)")
    }
}
