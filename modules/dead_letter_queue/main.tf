# One plain queue, not a queue with a dead-letter queue of its own: to look at what is in it must never move it on.
resource "aws_sqs_queue" "this" {
  #checkov:skip=TXN_2:It is a dead-letter queue itself, of what has no queue in front of it (streams, calls that nobody waits for)

  name                      = var.name
  message_retention_seconds = 1209600 # 14 days, the most that SQS offers
  kms_master_key_id         = var.kms_key_arn
  policy                    = module.safeguards.policy
}

module "safeguards" {
  source = "../queue_safeguards"

  queue_name = var.name
}
