data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name

  # AWS's rule groups with their rules as of 2026-11. WAF passes over an override of an unknown rule in silence, so a
  # misspelt one has to be found here.
  rule_groups = {
    ip-reputation = {
      priority = 10
      name     = "AWSManagedRulesAmazonIpReputationList"
      rules    = ["AWSManagedIPDDoSList", "AWSManagedIPReputationList", "AWSManagedReconnaissanceList"]
    }
    known-bad-inputs = {
      priority = 40
      name     = "AWSManagedRulesKnownBadInputsRuleSet"
      rules = [
        "ExploitablePaths_URIPATH",
        "Host_localhost_HEADER",
        "JavaDeserializationRCE_BODY",
        "JavaDeserializationRCE_HEADER",
        "JavaDeserializationRCE_QUERYSTRING",
        "JavaDeserializationRCE_URIPATH",
        "Log4JRCE_BODY",
        "Log4JRCE_HEADER",
        "Log4JRCE_QUERYSTRING",
        "Log4JRCE_URIPATH",
        "PROPFIND_METHOD",
        "ReactJSRCE_BODY",
      ]
    }
    common = {
      priority = 50
      name     = "AWSManagedRulesCommonRuleSet"
      rules = [
        "CrossSiteScripting_BODY",
        "CrossSiteScripting_COOKIE",
        "CrossSiteScripting_QUERYARGUMENTS",
        "CrossSiteScripting_URIPATH",
        "EC2MetaDataSSRF_BODY",
        "EC2MetaDataSSRF_COOKIE",
        "EC2MetaDataSSRF_QUERYARGUMENTS",
        "EC2MetaDataSSRF_URIPATH",
        "GenericLFI_BODY",
        "GenericLFI_QUERYARGUMENTS",
        "GenericLFI_URIPATH",
        "GenericRFI_BODY",
        "GenericRFI_QUERYARGUMENTS",
        "GenericRFI_URIPATH",
        "NoUserAgent_HEADER",
        "RestrictedExtensions_QUERYARGUMENTS",
        "RestrictedExtensions_URIPATH",
        "SizeRestrictions_BODY",
        "SizeRestrictions_Cookie_HEADER",
        "SizeRestrictions_QUERYSTRING",
        "SizeRestrictions_URIPATH",
        "UserAgent_BadBots_HEADER",
      ]
    }
  }
  managed_rules = flatten([for group in local.rule_groups : group.rules])

  # The managed rule's limit cannot be moved, so a higher one takes its place.
  managed_body_limit_bytes = 8192
  counted_rules = merge(
    var.body_limit_bytes <= local.managed_body_limit_bytes ? {} : {
      SizeRestrictions_BODY = "The rule body-size blocks bodies over ${var.body_limit_bytes} bytes instead."
    },
    var.counted_rules,
  )

  # What WAF looks into of a body: 16 KB unless told otherwise, in steps of 16 KB.
  inspection_limit = one([for kilobytes in [16, 32, 48, 64] : "KB_${kilobytes}" if var.body_limit_bytes > (kilobytes - 16) * 1024 && var.body_limit_bytes <= kilobytes * 1024])

  redacted_headers = setunion(["authorization", "x-api-key"], var.further_redacted_headers)
}

resource "aws_wafv2_web_acl" "this" {
  # checkov:skip=CKV_AWS_192:The group that stops it (known bad inputs) is there, out of a dynamic block that checkov does not unfold; a test asserts it
  name        = var.name
  description = "Keeps known attacks and floods from ${var.name}"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  dynamic "rule" {
    for_each = local.rule_groups

    content {
      name     = rule.key
      priority = rule.value.priority

      # The group's own actions hold.
      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.value.name

          dynamic "rule_action_override" {
            for_each = { for name, reason in local.counted_rules : name => reason if contains(rule.value.rules, name) }

            content {
              name = rule_action_override.key

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        metric_name                = rule.key
        cloudwatch_metrics_enabled = true
        sampled_requests_enabled   = true
      }
    }
  }

  # Before the costly groups, so that a flood is cut off early; after the reputation list, whose addresses get nowhere.
  rule {
    name     = "rate"
    priority = 20

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        limit                 = var.requests_per_ip
        evaluation_window_sec = 300
      }
    }

    visibility_config {
      metric_name                = "rate"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "body-size"
    priority = 30

    action {
      block {}
    }

    statement {
      size_constraint_statement {
        comparison_operator = "GT"
        size                = var.body_limit_bytes

        field_to_match {
          body {
            # A body that is larger than what WAF looks into is larger than allowed.
            oversize_handling = "MATCH"
          }
        }

        text_transformation {
          priority = 0
          type     = "NONE"
        }
      }
    }

    visibility_config {
      metric_name                = "body-size"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = true
    }
  }

  # Up to 16 KB is what WAF does by itself; more is billed.
  dynamic "association_config" {
    for_each = local.inspection_limit == "KB_16" ? [] : [local.inspection_limit]

    content {
      request_body {
        api_gateway {
          default_size_inspection_limit = association_config.value
        }
      }
    }
  }

  # Holds for the samples in the console too, which the redaction of logs does not reach, and for what a rule quotes of
  # a body that it caught: a body may tell about people.
  data_protection_config {
    data_protection {
      action = "SUBSTITUTION"

      field {
        field_type = "BODY"
      }
    }

    data_protection {
      action = "SUBSTITUTION"

      field {
        field_type = "SINGLE_HEADER"
        field_keys = sort(local.redacted_headers)
      }
    }
  }

  visibility_config {
    metric_name                = var.name
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  for_each = var.stage_arns

  web_acl_arn  = aws_wafv2_web_acl.this.arn
  resource_arn = each.value
}

# ---------------------------------------------------------------------------------------------------------------------
# Logs
# ---------------------------------------------------------------------------------------------------------------------

locals {
  logging        = var.logs_enabled ? toset(["this"]) : toset([])
  log_group_name = "aws-waf-logs-${var.name}" # WAF takes no other beginning
  # Written out instead of read from the group, so that every plan shows the whole policy.
  log_group_arn = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.log_group_name}"
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338:How long logs are kept is the caller's choice (argument log_retention_days, a year by default)
  for_each = local.logging

  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

data "aws_iam_policy_document" "log_delivery" {
  statement {
    sid       = "WafLogDelivery"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arn}:*"]

    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:logs:${local.region}:${local.account}:*"]
    }
  }
}

# WAF would write a policy of its own, for all of its groups at once and beyond Terraform's reach.
resource "aws_cloudwatch_log_resource_policy" "this" {
  for_each = local.logging

  policy_name     = local.log_group_name
  policy_document = data.aws_iam_policy_document.log_delivery.json
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  for_each = local.logging

  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [aws_cloudwatch_log_group.this[each.key].arn]

  dynamic "redacted_fields" {
    for_each = local.redacted_headers

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }

  # The API's access log has every request that was let through already.
  dynamic "logging_filter" {
    for_each = var.log_allowed_requests ? [] : [["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"]]

    content {
      default_behavior = "DROP"

      filter {
        behavior    = "KEEP"
        requirement = "MEETS_ANY"

        dynamic "condition" {
          for_each = logging_filter.value

          content {
            action_condition {
              action = condition.value
            }
          }
        }
      }
    }
  }

  depends_on = [aws_cloudwatch_log_resource_policy.this]
}
