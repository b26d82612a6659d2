import ArgumentParser
struct SandboxCommand: ParsableCommand { static let configuration = CommandConfiguration(commandName: "sandbox") }
