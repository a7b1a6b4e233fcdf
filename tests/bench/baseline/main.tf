# What the flagship is measured beside: the same way in (REST API, FIFO queue), and behind it a handler as common examples
# write it, record by record. No system; nothing to deploy.

locals {
  name = "usual"

  # The body is checked for what the functions cannot do without.
  openapi = {
    openapi = "3.0.3"
    info    = { title = "Transactions, the usual way", version = "1" }
    paths = {
      "/v1/transactions" = {
        post = {
          operationId = "submitTransaction"
          requestBody = {
            required = true
            content  = { "application/json" = { schema = { "$ref" = "#/components/schemas/Transaction" } } }
          }
          responses = { "202" = { description = "Queued." } }
        }
      }
    }
    components = {
      schemas = {
        Transaction = {
          type     = "object"
          required = ["transaction_id", "account_id", "merchant_id", "amount", "currency", "occurred_at"]
          properties = {
            transaction_id = { type = "string", minLength = 1 }
            account_id     = { type = "string", minLength = 1 }
            amount         = { type = "number" }
          }
        }
      }
    }
  }
}

module "encryption" {
  source = "../../../modules/encryption"

  name                 = local.name
  deletion_window_days = 7
  uses                 = ["log_groups"]
  via_services         = ["dynamodb", "s3", "sqs"]
}

# By account and time, so that the history of an account is one query.
module "transactions" {
  source = "../../../modules/dynamo_pitr"

  name                = "${local.name}-transactions"
  hash_key            = { name = "account_id", type = "S" }
  range_key           = { name = "occurred_at", type = "S" }
  kms_key_arn         = module.encryption.key_arn
  deletion_protection = false
}

module "accounts" {
  source = "../../../modules/dynamo_pitr"

  name                = "${local.name}-accounts"
  hash_key            = { name = "account_id", type = "S" }
  kms_key_arn         = module.encryption.key_arn
  deletion_protection = false
}

module "audit" {
  source = "../../../modules/archive_bucket"

  name          = "${local.name}-audit"
  kms_key_arn   = module.encryption.key_arn
  force_destroy = true
}

module "queue" {
  source = "../../../modules/sqs_fifo"

  name        = "${local.name}-transactions"
  kms_key_arn = module.encryption.key_arn
}

module "submit" {
  source = "../../../modules/lambda_graviton"

  name               = "${local.name}-submit"
  description        = "Queues transactions."
  handler            = "usual_submit.handler"
  package_path       = var.package_path
  memory_mb          = 1024
  timeout_seconds    = 25
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = 1
  environment        = { TRANSACTION_QUEUE_URL = module.queue.queue_url }
  policy_statements = {
    queue_transactions = { actions = ["sqs:SendMessage"], resources = [module.queue.queue_arn] }
  }
}

module "process" {
  source = "../../../modules/lambda_graviton"

  name               = "${local.name}-process"
  description        = "Decides transactions one after the other, with a call of AWS for each thing."
  handler            = "usual.handler"
  package_path       = var.package_path
  memory_mb          = 1024
  timeout_seconds    = 30
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = 1
  environment = {
    TRANSACTIONS_TABLE = module.transactions.name
    ACCOUNTS_TABLE     = module.accounts.name
    AUDIT_BUCKET       = module.audit.name
  }
  policy_statements = {
    store_transactions = { actions = ["dynamodb:PutItem", "dynamodb:Query"], resources = [module.transactions.arn] }
    keep_profiles      = { actions = ["dynamodb:GetItem", "dynamodb:PutItem"], resources = [module.accounts.arn] }
    write_audit        = { actions = ["s3:PutObject"], resources = ["${module.audit.arn}/*"] }
  }
  event_sources = {
    transactions = { kind = "sqs", arn = module.queue.queue_arn, batch_size = 10, maximum_concurrency = 100 }
  }
}

# CloudWatch grants this on no resource; the namespace is the limit.
data "aws_iam_policy_document" "count" {
  statement {
    sid       = "Count"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = ["fraud"]
    }
  }
}

resource "aws_iam_role_policy" "count" {
  name   = "count"
  role   = module.process.role_name
  policy = data.aws_iam_policy_document.count.json
}

module "api" {
  source = "../../../modules/rest_api"

  name                   = local.name
  openapi                = jsonencode(local.openapi)
  kms_key_arn            = module.encryption.key_arn
  log_retention_days     = 1
  manage_account_logging = true
  traced_share           = null # the emulator knows no rules of X-Ray
  throttle               = { rate_limit = 10000, burst_limit = 10000 }
  integrations = {
    submitTransaction = { function_name = module.submit.name, invoke_arn = module.submit.invoke_arn }
  }
}
