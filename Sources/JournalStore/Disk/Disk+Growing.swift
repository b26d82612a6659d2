import POSIX

extension Disk {
    /// Whether a segment of which `size` bytes were seen gets longer, or shorter, within a quarter of a second. Beside a daemon
    /// that writes, a line that is cut short by the end of the file may be half of one.
    func isChanging(_ file: DiskFile, from size: Int64) throws(SystemError) -> Bool {
        for _ in 0..<10 {
            if try self.size(file) != size { return true }
            letOthersWrite()
        }
        return false
    }
}
