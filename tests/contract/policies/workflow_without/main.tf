resource "aws_sfn_state_machine" "bad_unreadable" {
  name       = "bad"
  definition = file("elsewhere.json")
}

resource "aws_sfn_state_machine" "good_inline" {
  name       = "good"
  definition = "{\"StartAt\":\"Done\",\"States\":{\"Done\":{\"Type\":\"Succeed\"}}}"
}
