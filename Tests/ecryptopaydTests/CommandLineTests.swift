import ArgumentParser
import POSIX
import Testing
import TestSupport

@testable import ecryptopayd

/// What a command line comes to before anything is done: help, or a refusal with exit code 64.
struct CommandLineTests {
    /// A command and all below it.
    private static func all(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        [command] + command.configuration.subcommands.flatMap { all($0) }
    }

    @Test func `every command has help`() {
        let commands = Self.all(ProgramCommand.self)
        #expect(commands.count >= 20)
        for command in commands {
            let help = ProgramCommand.helpMessage(for: command)
            #expect(help.contains("OVERVIEW: ") && help.contains("USAGE: "), "\(command): \(help)")
        }
    }

    @Test func `the manual names every command`() throws {
        let page = String(decoding: try readFile("\(repository)/deploy/man/ecryptopayd.8"), as: UTF8.self)
        let commands = ProgramCommand.configuration.subcommands.map { $0.configuration.commandName ?? "" }
        #expect(commands.contains("serve"))
        for command in commands {
            #expect(page.contains("\n.B \(command)") || page.contains("\n.BR \(command) "), "no word of \(command)")
        }
    }

    @Test(arguments: [
        (["check", "--onlin"], "--online"),
        (["payments", "get", "0"], "a payment's number is positive"),
        (["payments", "get", "1", "--qr", "--json"], "leave one of them out"),
        (["payments", "watch", "1", "--interval", "0s"], "write a whole number and ms, s, m or h"),
        (["payments", "create"], "--amount"),
        (["payments", "create", "--amount", "1,50"], "is not a decimal number"),
        (["payments", "create", "--amount", "1e3"], "is not a decimal number"),
        (["payments", "create", "--amount", "150 MXN"], "is not a decimal number"),
        (["payments", "create", "--amount", "1.2.3"], "is not a decimal number"),
        (["payments", "create", "--amount", ""], "is not a decimal number"),
        (["payments", "create", "--amount=-5"], "is not a decimal number"),
        (["payments", "create", "--amount", "0.00"], "is nothing"),
        (["payments", "create", "--amount", "1", "--currency", ""], "--currency is empty"),
        (["payments", "create", "--amount", "1", "--qr", "--json"], "leave one of them out"),
        (["reconcile", "--payment", "0"], "an id is a positive integer"),
        (["reconcile", "--payment=-1"], "an id is a positive integer"),
        (["replay"], "name one of --seq, --payment and --since"),
        (["replay", "--since", "1h", "--seq", "3"], "name one of --seq, --payment and --since"),
        (["replay", "--seq", "0"], "is not a positive number"),
        (["journal", "repair", "--segment", "x"], "name one of --at <offset>, --begins-here and --accept-gaps"),
        (["journal", "repair", "--segment", "x", "--at", "1", "--begins-here"], "name one of --at"),
    ])
    func `a wrong option is refused with what is wrong, before anything is sent or written`(
        arguments: [String], message: String
    ) throws {
        let error = try #require(#expect(throws: (any Error).self) { try ProgramCommand.parseAsRoot(arguments) })
        #expect(ProgramCommand.exitCode(for: error).rawValue == ecryptopayd.ExitStatus.usage.rawValue)
        #expect(ProgramCommand.fullMessage(for: error).contains(message), "\(ProgramCommand.fullMessage(for: error))")
    }

    @Test(arguments: ["unix:/tmp/x.sock", "8725", "localhost", "example.com:80"])
    func `an address of the sandbox that no URL can name is refused`(listen: String) throws {
        let command = try SandboxCommand.parse(["--listen", listen])
        let failure = #expect(throws: CommandFailure.self) { try command.address() }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains("--listen") == true && failure?.message.contains("HOST:PORT") == true)
    }

    @Test func `only an address of the sandbox that other machines reach is warned of`() throws {
        for address in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1"] {
            #expect(SandboxCommand.hint(for: try SocketAddress(parsing: address)) == nil)
        }
        for address in ["0.0.0.0:1", "192.168.1.5:1", "[2001:db8::1]:1"] {
            #expect(SandboxCommand.hint(for: try SocketAddress(parsing: address)) != nil)
        }
    }
}
