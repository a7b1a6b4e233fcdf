resource "aws_sqs_queue" "good" {
  name           = "good"
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.good_dead_letter.arn, maxReceiveCount = 3 })
}

resource "aws_sqs_queue" "good_dead_letter" {
  name                 = "good-dead-letter"
  redrive_allow_policy = jsonencode({ redrivePermission = "byQueue", sourceQueueArns = ["arn"] })
}

resource "aws_sqs_queue" "bad_count" {
  name           = "bad"
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.good_dead_letter.arn, maxReceiveCount = 5 })
}

resource "aws_sqs_queue" "bad_without" {
  name = "bad"
}

resource "aws_sqs_queue" "bad_for_all" {
  name                 = "bad"
  redrive_allow_policy = jsonencode({ redrivePermission = "allowAll" })
}
