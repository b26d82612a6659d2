import CShims

/// The process's memory.
public enum Memory {
    /// Has large blocks given back to the system when they are freed (mallopt(3)). To be called once, at the start.
    public static func returnLargeBlocks() {
        cshims_return_large_blocks()
    }
}
