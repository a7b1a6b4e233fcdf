data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# ---------------------------------------------------------------------------------------------------------------------
# Bucket
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # Bucket names are unique in all of AWS, so the account and the region are part of it.
  bucket_name = "${var.name}-${data.aws_caller_identity.current.account_id}-${data.aws_region.current.name}"

  # Written out instead of read from the bucket, so that every plan shows the whole policies.
  bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${local.bucket_name}"

  transitions = {
    standard            = []
    infrequent_access   = [{ storage_class = "STANDARD_IA", days = var.storage_days.infrequent_access }]
    intelligent_tiering = [{ storage_class = "INTELLIGENT_TIERING", days = 0 }]
    archive = [
      { storage_class = "STANDARD_IA", days = var.storage_days.infrequent_access },
      { storage_class = var.archive_class, days = var.storage_days.archive },
    ]
  }
  results_prefix = "athena-results/"

  # What is not worth keeping, and after how many days it is deleted: results of queries are asked again, and what a
  # Spark job puts aside is gone when the job ends, unless it broke off.
  passing = {
    athena-results = { prefix = local.results_prefix, days = var.storage_days.athena_results }
    staging        = { prefix = "processed/_staging/", days = 7 }
  }
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Object access is CloudTrail's to record (data events); server access logs are delivered late and not always.
  #checkov:skip=CKV_AWS_144:A copy in a second region is the caller's choice (argument replication), with a cost of its own.
  #checkov:skip=CKV2_AWS_62:Nothing reacts to a new object of the lake; a notification would have no reader.
  bucket        = local.bucket_name
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    # One data key for many objects: a KMS request per object would cost more than the storage.
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  dynamic "rule" {
    for_each = { for prefix, plan in var.storage_plans : prefix => local.transitions[plan] if plan != "standard" }

    content {
      id     = rule.key
      status = "Enabled"

      filter {
        prefix = "${rule.key}/"
      }

      dynamic "transition" {
        for_each = rule.value

        content {
          days          = transition.value.days
          storage_class = transition.value.storage_class
        }
      }
    }
  }

  dynamic "rule" {
    for_each = local.passing

    content {
      id     = rule.key
      status = "Enabled"

      filter {
        prefix = rule.value.prefix
      }

      expiration {
        days = rule.value.days
      }

      noncurrent_version_expiration {
        noncurrent_days = 1
      }
    }
  }

  rule {
    id     = "leftovers"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.storage_days.old_versions
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # S3 accepts a rule for noncurrent versions before versioning is on, but it would do nothing.
  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.bucket.json

  # S3 refuses two changes to a bucket's access at the same time.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_accelerate_configuration" "this" {
  for_each = var.transfer_acceleration ? toset(["this"]) : toset([])

  bucket = aws_s3_bucket.this.id
  status = "Enabled"
}

resource "aws_s3_bucket_analytics_configuration" "this" {
  for_each = var.storage_class_analysis ? toset(["raw", "processed"]) : toset([])

  bucket = aws_s3_bucket.this.id
  name   = each.key

  filter {
    prefix = "${each.key}/"
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Copy in another region
# ---------------------------------------------------------------------------------------------------------------------

locals {
  replication = var.replication == null ? {} : { this = var.replication }

  # What passes stays here. An order, since S3 wants a priority for each rule.
  replicated = [
    "raw/", "processed/customer-profiles/", "processed/daily-aggregates/", "processed/fraud-patterns/", "analytics/",
    "quarantine/",
  ]
}

resource "aws_s3_bucket_replication_configuration" "this" {
  for_each = local.replication

  bucket = aws_s3_bucket.this.id
  role   = aws_iam_role.replication[each.key].arn

  dynamic "rule" {
    for_each = local.replicated

    content {
      id       = replace(trimsuffix(rule.value, "/"), "/", "-")
      priority = rule.key + 1
      status   = "Enabled"

      filter {
        prefix = rule.value
      }

      # What is deleted here by mistake is still there.
      delete_marker_replication {
        status = "Disabled"
      }

      source_selection_criteria {
        sse_kms_encrypted_objects {
          status = "Enabled"
        }
      }

      destination {
        bucket        = each.value.bucket_arn
        storage_class = each.value.storage_class

        encryption_configuration {
          replica_kms_key_id = each.value.kms_key_arn
        }

        dynamic "replication_time" {
          for_each = each.value.time_control ? [15] : []

          content {
            status = "Enabled"

            time {
              minutes = replication_time.value
            }
          }
        }

        dynamic "metrics" {
          for_each = each.value.time_control ? [15] : []

          content {
            status = "Enabled"

            event_threshold {
              minutes = metrics.value
            }
          }
        }
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this, aws_iam_role_policy.replication]
}

resource "aws_iam_role" "replication" {
  for_each = local.replication

  name               = "${var.name}-replication"
  description        = "Lets S3 copy the objects of ${var.name} to another region"
  assume_role_policy = data.aws_iam_policy_document.replication_assume_role.json
}

data "aws_iam_policy_document" "replication_assume_role" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "replication" {
  for_each = local.replication

  name   = "replication"
  role   = aws_iam_role.replication[each.key].name
  policy = data.aws_iam_policy_document.replication[each.key].json
}

data "aws_iam_policy_document" "replication" {
  for_each = local.replication

  statement {
    sid       = "FindWhatToCopy"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [local.bucket_arn]
  }

  statement {
    sid       = "ReadVersions"
    actions   = ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"]
    resources = [for prefix in local.replicated : "${local.bucket_arn}/${prefix}*"]
  }

  statement {
    sid       = "WriteCopies"
    actions   = ["s3:ReplicateObject", "s3:ReplicateTags"]
    resources = [for prefix in local.replicated : "${each.value.bucket_arn}/${prefix}*"]
  }

  statement {
    sid       = "Decrypt"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}"]
    }

    # With a bucket key the context names the bucket; objects from before it had one name themselves.
    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [local.bucket_arn, "${local.bucket_arn}/*"]
    }
  }

  statement {
    sid       = "EncryptCopies"
    actions   = ["kms:Encrypt", "kms:GenerateDataKey"]
    resources = [each.value.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${split(":", each.value.kms_key_arn)[3]}.${data.aws_partition.current.dns_suffix}"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [each.value.bucket_arn, "${each.value.bucket_arn}/*"]
    }
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Catalogue
# ---------------------------------------------------------------------------------------------------------------------

locals {
  database_name = coalesce(var.database_name, replace(var.name, "-", "_"))

  first_year = substr(var.partitions.first_day, 0, 4)

  # The weeks are counted from the beginning of the range, so it must be a Monday: that of the first day's week.
  days_since_monday = index(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], formatdate("EEE", "${var.partitions.first_day}T00:00:00Z"))
  first_monday      = formatdate("YYYY-MM-DD", timeadd("${var.partitions.first_day}T00:00:00Z", "-${24 * local.days_since_monday}h"))

  by_day = {
    "projection.day.type"          = "date"
    "projection.day.format"        = "yyyy-MM-dd"
    "projection.day.range"         = "${var.partitions.first_day},NOW"
    "projection.day.interval"      = "1"
    "projection.day.interval.unit" = "DAYS"
  }

  formats = {
    json = {
      input_format  = "org.apache.hadoop.mapred.TextInputFormat"
      output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
      library       = "org.openx.data.jsonserde.JsonSerDe"
      # A line that is no JSON stops the query. Ignored, it would be a row of nulls that no sum misses.
      parameters = { "ignore.malformed.json" = "false" }
    }
    parquet = {
      input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
      output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
      library       = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
      parameters    = { "serialization.format" = "1" }
    }
  }

  tables = {
    raw_transactions = {
      description = "One line for each decided revision of a transaction, and for each label; the highest (revision, label_revision) of a transaction_id stands."
      prefix      = "raw/transactions"
      format      = "json"
      columns = [
        ["transaction_id", "string", "Id that the client gave the transaction"],
        ["customer_id", "string", "Whose transaction it is"],
        ["merchant_id", "string", "Whom it is paid to"],
        ["merchant_category", "string", "Category of the merchant"],
        ["transaction_type", "string", "For instance purchase or refund"],
        ["channel", "string", "For instance online or atm"],
        ["amount", "decimal(18,3)", "In major units of the currency"],
        ["currency", "string", "ISO 4217 code"],
        ["latitude", "double", "Where it took place, in degrees"],
        ["longitude", "double", "Where it took place, in degrees"],
        ["occurred_at", "string", "When it took place, ISO 8601, UTC; the partition follows from it"],
        ["received_at", "string", "When the API took it in, ISO 8601, UTC"],
        ["processed_timestamp", "string", "When it was decided, ISO 8601, UTC"],
        ["status", "string", "Status of this revision"],
        ["is_fraud", "boolean", "Whether the decision suspects fraud"],
        ["risk_score", "double", "0 (none) to 1"],
        ["reasons", "array<string>", "Codes of the rules that fired"],
        ["policy", "string", "Name of the policy that decided"],
        ["policy_version", "string", "Version of the rule set"],
        ["document_version", "string", "Version of the policy document"],
        ["label", "string", "What it turned out to be: fraud or genuine; null while nobody knows"],
        ["revision", "int", "Grows with each change of the transaction's row"],
        ["label_revision", "int", "Grows with each label; 0 without one"],
        ["event_id", "string", "transaction_id#revision, with #label-N for a label"],
      ]
      partition_keys = [["year", "string", "YYYY"], ["month", "string", "MM"], ["day", "string", "DD"], ["hour", "string", "HH, UTC"]]
      template       = "year=$${year}/month=$${month}/day=$${day}/hour=$${hour}"
      projection = {
        "projection.year.type"    = "integer"
        "projection.year.range"   = "${local.first_year},${var.partitions.last_year}"
        "projection.year.digits"  = "4"
        "projection.month.type"   = "integer"
        "projection.month.range"  = "1,12"
        "projection.month.digits" = "2"
        "projection.day.type"     = "integer"
        "projection.day.range"    = "1,31"
        "projection.day.digits"   = "2"
        "projection.hour.type"    = "integer"
        "projection.hour.range"   = "0,23"
        "projection.hour.digits"  = "2"
      }
    }

    daily_aggregates = {
      description = "Each customer's transactions of a day by merchant category and currency; written by daily-transaction-aggregation."
      prefix      = "processed/daily-aggregates"
      format      = "parquet"
      columns = [
        ["customer_id", "string", "Whose transactions they are"],
        ["merchant_category", "string", "Category of the merchants"],
        ["currency", "string", "ISO 4217 code"],
        ["transaction_count", "bigint", "Number of transactions"],
        ["total_amount", "decimal(28,3)", "Sum of the amounts"],
        ["average_amount", "decimal(28,6)", "Mean amount"],
        ["minimum_amount", "decimal(18,3)", "Smallest amount"],
        ["maximum_amount", "decimal(18,3)", "Largest amount"],
        ["fraud_count", "bigint", "Transactions that the decision suspects"],
        ["spending_change", "double", "The customer's total of the day over the mean daily total of the 28 days before; null without history"],
        ["unusual_category", "boolean", "Whether the customer has history, but never used the category in the 28 days before"],
        ["first_seen", "string", "First of the transactions, ISO 8601, UTC"],
        ["last_seen", "string", "Last of them, ISO 8601, UTC"],
      ]
      partition_keys = [["day", "string", "YYYY-MM-DD, UTC"]]
      template       = "day=$${day}"
      projection     = local.by_day
    }

    customer_profiles = {
      description = "Each customer's last 28 days by currency, as they stand at the end of a day; written by daily-transaction-aggregation."
      prefix      = "processed/customer-profiles"
      format      = "parquet"
      columns = [
        ["customer_id", "string", "Whose profile it is"],
        ["currency", "string", "ISO 4217 code"],
        ["transaction_count", "bigint", "Number of transactions of the last 28 days"],
        ["total_amount", "decimal(28,3)", "Sum of their amounts"],
        ["average_amount", "decimal(28,6)", "Their mean amount"],
        ["categories", "array<string>", "Merchant categories of them"],
        ["first_seen", "string", "First of them, ISO 8601, UTC"],
        ["last_seen", "string", "Last of them, ISO 8601, UTC"],
        ["fraud_count", "bigint", "Those that the decision suspects"],
      ]
      partition_keys = [["day", "string", "YYYY-MM-DD, UTC"]]
      template       = "day=$${day}"
      projection     = local.by_day
    }

    fraud_patterns = {
      description = "How often fraud shows in each value of a dimension in a week, and how often the decision was wrong; written by fraud-pattern-analysis."
      prefix      = "processed/fraud-patterns"
      format      = "parquet"
      columns = [
        ["pattern", "string", "dimension=value"],
        ["dimension", "string", "What is counted by, for instance the merchant category"],
        ["value", "string", "Value of the dimension"],
        ["transactions", "bigint", "Number of transactions"],
        ["frauds", "bigint", "Transactions that are fraud by the best that is known: labelled fraud, or suspected and without a label"],
        ["fraud_rate", "double", "Share of the transactions that are frauds, 0 to 1"],
        ["false_positive_rate", "double", "Share of those labelled genuine that the decision suspects; null with too few labels"],
        ["false_negative_rate", "double", "Share of those labelled fraud that it does not suspect; null with too few labels"],
      ]
      partition_keys = [["week", "string", "Its Monday, YYYY-MM-DD, UTC"]]
      template       = "week=$${week}"
      projection = {
        "projection.week.type"          = "date"
        "projection.week.format"        = "yyyy-MM-dd"
        "projection.week.range"         = "${local.first_monday},NOW"
        "projection.week.interval"      = "7"
        "projection.week.interval.unit" = "DAYS"
      }
    }

    table_counts = {
      description = "What the table of transactions held of a day, by status and currency; written by the daily report, for the reconciliation with the lake."
      prefix      = "analytics/table-counts"
      format      = "json"
      columns = [
        ["status", "string", "Status of the rows"],
        ["currency", "string", "ISO 4217 code"],
        ["transactions", "bigint", "Number of rows"],
        ["amount", "decimal(28,3)", "Sum of the amounts"],
      ]
      partition_keys = [["day", "string", "YYYY-MM-DD, UTC"]]
      template       = "day=$${day}"
      projection     = local.by_day
    }
  }
}

resource "aws_glue_catalog_database" "this" {
  name        = local.database_name
  description = "Tables of the lake ${var.name}"
}

resource "aws_glue_catalog_table" "this" {
  for_each = local.tables

  name          = each.key
  database_name = aws_glue_catalog_database.this.name
  description   = each.value.description
  table_type    = "EXTERNAL_TABLE"

  parameters = merge(
    {
      "EXTERNAL"                  = "TRUE"
      "classification"            = each.value.format
      "projection.enabled"        = "true"
      "storage.location.template" = "s3://${local.bucket_name}/${each.value.prefix}/${each.value.template}/"
    },
    each.value.projection,
  )

  dynamic "partition_keys" {
    for_each = each.value.partition_keys

    content {
      name    = partition_keys.value[0]
      type    = partition_keys.value[1]
      comment = partition_keys.value[2]
    }
  }

  storage_descriptor {
    location      = "s3://${local.bucket_name}/${each.value.prefix}/"
    input_format  = local.formats[each.value.format].input_format
    output_format = local.formats[each.value.format].output_format

    ser_de_info {
      serialization_library = local.formats[each.value.format].library
      parameters            = local.formats[each.value.format].parameters
    }

    dynamic "columns" {
      for_each = each.value.columns

      content {
        name    = columns.value[0]
        type    = columns.value[1]
        comment = columns.value[2]
      }
    }
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Queries
# ---------------------------------------------------------------------------------------------------------------------

locals {
  queries = {
    for file in fileset("${path.module}/queries", "*.sql") : trimsuffix(file, ".sql") => templatefile(
      "${path.module}/queries/${file}",
      { for table in keys(local.tables) : table => "\"${local.database_name}\".\"${table}\"" },
    )
  }
}

resource "aws_athena_workgroup" "this" {
  name          = var.name
  description   = "Queries of the lake ${var.name}"
  force_destroy = var.force_destroy

  configuration {
    # What a client asks for otherwise, results in the clear among it, does not count.
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = var.bytes_scanned_limit

    engine_version {
      selected_engine_version = "Athena engine version 3"
    }

    result_configuration {
      output_location       = "s3://${aws_s3_bucket.this.bucket}/${local.results_prefix}"
      expected_bucket_owner = data.aws_caller_identity.current.account_id

      encryption_configuration {
        encryption_option = "SSE_KMS"
        kms_key_arn       = var.kms_key_arn
      }
    }
  }
}

resource "aws_athena_named_query" "this" {
  for_each = local.queries

  name        = each.key
  description = trimprefix(split("\n", each.value)[0], "-- ")
  workgroup   = aws_athena_workgroup.this.id
  database    = aws_glue_catalog_database.this.name
  query       = each.value
}
