# What the systems rely on in Lambda, tried out: one function that does as its records say, behind a mapping of a table's
# stream, behind one of a Kinesis stream, and with destinations for asynchronous calls. No system; nothing to deploy.

locals {
  retries = 2

  mapping = {
    batch_size = 10
    # The records that a test writes come together.
    batching_window_seconds = 1
    maximum_retries         = local.retries
    maximum_age_seconds     = 3600
  }
}

module "encryption" {
  source = "../../../modules/encryption"

  name                 = "probes"
  deletion_window_days = 7
  uses                 = ["log_groups"]
  via_services         = ["dynamodb", "kinesis", "sqs"]
}

# What the tests write, and what the function saw of it.
module "records" {
  source = "../../../modules/dynamo_pitr"

  name                = "probes-records"
  hash_key            = { name = "id", type = "S" }
  kms_key_arn         = module.encryption.key_arn
  deletion_protection = false
}

module "calls" {
  source = "../../../modules/dynamo_pitr"

  name                = "probes-calls"
  hash_key            = { name = "case", type = "S" }
  range_key           = { name = "at", type = "N" }
  kms_key_arn         = module.encryption.key_arn
  deletion_protection = false
}

resource "aws_kinesis_stream" "records" {
  for_each = toset(var.with_kinesis ? ["records"] : [])

  name            = "probes-${each.key}"
  shard_count     = 1
  encryption_type = "KMS"
  kms_key_id      = module.encryption.key_arn
}

# Records of the streams that were given up.
module "given_up" {
  source = "../../../modules/dead_letter_queue"

  name        = "probes-given-up"
  kms_key_arn = module.encryption.key_arn
}

# What became of asynchronous calls.
module "outcomes" {
  source = "../../../modules/dead_letter_queue"

  for_each = toset(["succeeded", "failed"])

  name        = "probes-${each.key}"
  kms_key_arn = module.encryption.key_arn
}

module "probe" {
  source = "../../../modules/lambda_graviton"

  name               = "probes-probe"
  description        = "Does as its records say, and notes what it was called with."
  handler            = "probe.handler"
  package_path       = var.package_path
  timeout_seconds    = 15
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = 1
  environment        = { CALLS_TABLE = module.calls.name }
  policy_statements = {
    note_calls = { actions = ["dynamodb:PutItem", "dynamodb:Query"], resources = [module.calls.arn] }
  }
  destinations = { on_success_arn = module.outcomes["succeeded"].arn, on_failure_arn = module.outcomes["failed"].arn }
  event_sources = merge(
    { table = merge(local.mapping, { kind = "dynamodb", arn = module.records.stream_arn, on_failure_arn = module.given_up.arn }) },
    { for name, stream in aws_kinesis_stream.records : "kinesis" => merge(local.mapping, { kind = "kinesis", arn = stream.arn, on_failure_arn = module.given_up.arn }) },
  )
}
