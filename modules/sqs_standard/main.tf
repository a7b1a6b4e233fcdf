locals {
  queue_name             = var.name
  dead_letter_queue_name = coalesce(var.dead_letter_queue_name, "${var.name}-dead-letter")

  kms_key                   = coalesce(var.kms_key_arn, "alias/aws/sqs")
  message_retention_seconds = 1209600 # 14 days, the most that SQS offers
  max_receive_count         = 3
}

module "safeguards" {
  source = "../queue_safeguards"

  queue_name         = local.queue_name
  senders            = var.senders
  depth_messages     = var.alarms.depth_messages
  oldest_age_seconds = var.alarms.oldest_age_seconds
}

module "dead_letter_safeguards" {
  source = "../queue_safeguards"

  queue_name = local.dead_letter_queue_name
}

resource "aws_sqs_queue" "this" {
  name = local.queue_name

  visibility_timeout_seconds = var.visibility_timeout_seconds
  message_retention_seconds  = local.message_retention_seconds
  kms_master_key_id          = local.kms_key
  policy                     = module.safeguards.policy

  redrive_policy = jsonencode({
    deadLetterTargetArn = module.dead_letter_safeguards.queue_arn # written out, so that every plan shows it
    maxReceiveCount     = local.max_receive_count
  })

  depends_on = [aws_sqs_queue.dead_letter]
}

resource "aws_sqs_queue" "dead_letter" {
  name = local.dead_letter_queue_name

  # The same as the main queue's: whoever reads what failed needs no less time for it.
  visibility_timeout_seconds = var.visibility_timeout_seconds
  message_retention_seconds  = local.message_retention_seconds
  kms_master_key_id          = local.kms_key
  policy                     = module.dead_letter_safeguards.policy

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [module.safeguards.queue_arn]
  })
}
