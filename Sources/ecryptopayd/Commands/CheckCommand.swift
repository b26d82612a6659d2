import ArgumentParser
import Configuration
import ECryptoPay
import Glibc
import JournalStore
import POSIX

/// `ecryptopayd check`: like `nginx -t`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validate the configuration and print it, secrets redacted.",
        discussion: "Exits with 78 when the configuration is faulty, and names every fault with its mend.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Also fetch a token from the API.") var online = false
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        try reportingFailure {
            let settings = try ConfigurationLoader(envFile: options.envFile, isDaemon: false).load(account: .required)
            if json {
                Console.print(json: Array(settings.json.utf8))
            } else {
                for line in settings.describe() { Console.print(line) }
            }
            try checkJournal(settings)
            for warning in settings.warnings { Console.error("warning: \(warning)") }
            if online { try authenticate(settings) }
            Console.error("the configuration is valid")
        }
    }

    private func checkJournal(_ settings: Settings) throws {
        switch settings.journal {
        case .directory(let path): try checkDirectory(path)
        case .database(let url): try checkDatabase(url, settings)
        }
    }

    /// A database that is not there now may be when the daemon starts, unless it is to be looked at.
    private func checkDatabase(_ url: DatabaseURL, _ settings: Settings) throws {
        do {
            for warning in try DatabaseBackend.check(url, settings) { Console.error("warning: \(warning)") }
            Console.error("the database at \(url) answers")
        } catch let failure as CommandFailure where failure.status == .unavailable && !online {
            Console.error("warning: \(failure.message)")
        }
    }

    /// The directory need not be there yet, but the one above it must; who may write there is for the daemon's user to find.
    private func checkDirectory(_ path: String) throws {
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        do throws(SystemError) {
            FileCalls.close(try FileCalls.openDirectory(parent))
            do throws(SystemError) { FileCalls.close(try FileCalls.openDirectory(path)) } catch {
                if error.errno != ENOENT { throw error }
            }
        } catch {
            if error.errno == EACCES { return }
            throw CommandFailure(JournalFault.system(error), configured: path)
        }
    }

    private func authenticate(_ settings: Settings) throws {
        guard let configuration = Client.Configuration(settings) else { return }
        do {
            try blocking { try await Client(configuration).authenticate() }
            Console.error("the API at \(settings.apiURL) gave a token")
        } catch let error as APIError {
            throw CommandFailure(error)
        }
    }
}
