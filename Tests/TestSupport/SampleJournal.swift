package import POSIX

/// A journal of one segment that was written by another program, after the specification: a file of Tests/JournalFormatTests/Samples.
package func sampleJournal(_ name: String) throws(SystemError) -> [UInt8] {
    try readFile("\(repository)/Tests/JournalFormatTests/Samples/\(name).jsonl")
}
