resource "aws_lambda_function" "good" {
  function_name = "good"
  architectures = ["arm64"]
}

resource "aws_lambda_function" "bad_default" {
  function_name = "bad"
}

resource "aws_lambda_function" "bad_both" {
  function_name = "bad"
  architectures = ["arm64", "x86_64"]
}
