variable "package_path" {
  description = "Path of the zip with both functions."
  type        = string

  validation {
    condition     = fileexists(var.package_path)
    error_message = "package_path names no file. `make bench SECTION=end_to_end` writes it."
  }
}
