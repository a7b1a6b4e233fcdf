resource "aws_sfn_state_machine" "good_template" {
  name       = "good"
  definition = templatefile("${path.module}/definition.asl.json", { seconds = 1 })
}
