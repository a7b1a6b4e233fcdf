resource "aws_sfn_state_machine" "bad_template" {
  name       = "bad"
  definition = templatefile("${path.module}/definition.asl.json", { seconds = 1 })
}
