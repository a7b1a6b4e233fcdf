variable "package_path" {
  description = "Path of the function's zip."
  type        = string
}

variable "with_kinesis" {
  description = "Whether there is a Kinesis stream; a local AWS may have none."
  type        = bool
  default     = true
}
