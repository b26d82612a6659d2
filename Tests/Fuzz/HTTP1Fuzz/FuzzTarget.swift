import HTTP1Properties

/// What libFuzzer calls with each input; it takes a trap for a find.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let input = FuzzInput(bytes) else { return -1 }
    if let violation = Properties.violation(input) { fatalError(violation) }
    return 0
}
