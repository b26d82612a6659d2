/// Where the repository is, for what is read from it: absolute, without a slash at the end.
package let repository = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
