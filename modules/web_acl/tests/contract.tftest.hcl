mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/txn-test/1" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:aws-waf-logs-txn-test" }
  }
}

variables {
  name            = "txn-test"
  requests_per_ip = 150000
  kms_key_arn     = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

# --- rules -----------------------------------------------------------------------------------------------------------

run "what_no_rule_blocks_is_let_through_to_a_regional_api" {
  command = plan

  assert {
    condition     = aws_wafv2_web_acl.this.scope == "REGIONAL" && length(aws_wafv2_web_acl.this.default_action[0].allow) == 1
    error_message = "The web ACL must be regional and allow by default."
  }
}

run "the_common_bad_input_and_reputation_groups_of_aws_block" {
  command = plan

  assert {
    condition = toset(flatten([
      for rule in aws_wafv2_web_acl.this.rule : [
        for group in rule.statement[0].managed_rule_group_statement : "${group.vendor_name} ${group.name}"
      ] if length(try(rule.override_action[0].none, [])) == 1
      ])) == toset([
      "AWS AWSManagedRulesAmazonIpReputationList",
      "AWS AWSManagedRulesCommonRuleSet",
      "AWS AWSManagedRulesKnownBadInputsRuleSet",
    ])
    error_message = "The three rule groups must be there, with their own actions."
  }
}

run "no_rule_of_aws_is_weakened_by_default" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for rule in aws_wafv2_web_acl.this.rule : [
        for group in rule.statement[0].managed_rule_group_statement : length(group.rule_action_override) == 0
      ]
    ]))
    error_message = "Without counted_rules every rule must keep its own action."
  }
}

run "an_address_that_asks_too_often_in_five_minutes_is_blocked" {
  command = plan

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule :
      rule.statement[0].rate_based_statement[0].limit == 150000 &&
      rule.statement[0].rate_based_statement[0].aggregate_key_type == "IP" &&
      rule.statement[0].rate_based_statement[0].evaluation_window_sec == 300 &&
      length(rule.action[0].block) == 1
      if rule.name == "rate"
    ])
    error_message = "The rate rule must block by address, at requests_per_ip in 300 seconds."
  }

  assert {
    condition     = length([for rule in aws_wafv2_web_acl.this.rule : rule if rule.name == "rate"]) == 1
    error_message = "There must be one rate rule."
  }
}

run "a_body_over_8_kilobytes_is_blocked" {
  command = plan

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule :
      rule.statement[0].size_constraint_statement[0].size == 8192 &&
      rule.statement[0].size_constraint_statement[0].comparison_operator == "GT" &&
      rule.statement[0].size_constraint_statement[0].field_to_match[0].body[0].oversize_handling == "MATCH" &&
      length(rule.action[0].block) == 1
      if rule.name == "body-size"
    ])
    error_message = "A larger body must be blocked, also one of which WAF sees only the beginning."
  }

  assert {
    condition     = length([for rule in aws_wafv2_web_acl.this.rule : rule if rule.name == "body-size"]) == 1
    error_message = "There must be one rule on the body's size."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.this.association_config) == 0
    error_message = "WAF looks into 16 KB by itself; more would cost for nothing."
  }
}

run "a_higher_body_limit_takes_the_place_of_the_managed_one" {
  command = plan

  variables {
    body_limit_bytes = 20000
  }

  assert {
    condition = flatten([
      for rule in aws_wafv2_web_acl.this.rule : [
        for group in rule.statement[0].managed_rule_group_statement : [
          for override in group.rule_action_override : override.name if length(override.action_to_use[0].count) == 1
        ]
      ]
    ]) == ["SizeRestrictions_BODY"]
    error_message = "SizeRestrictions_BODY, and it alone, must only count."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule : rule.statement[0].size_constraint_statement[0].size == 20000 if rule.name == "body-size"
    ])
    error_message = "The rule body-size must block above the new limit."
  }

  assert {
    condition     = aws_wafv2_web_acl.this.association_config[0].request_body[0].api_gateway[0].default_size_inspection_limit == "KB_32"
    error_message = "What is let through must also be looked into as a whole."
  }

  assert {
    condition     = toset(keys(output.counted_rules)) == toset(["SizeRestrictions_BODY"])
    error_message = "The output must tell which rule only counts, and why."
  }
}

run "the_largest_body_is_looked_into_as_a_whole" {
  command = plan

  variables {
    body_limit_bytes = 65536
  }

  assert {
    condition     = aws_wafv2_web_acl.this.association_config[0].request_body[0].api_gateway[0].default_size_inspection_limit == "KB_64"
    error_message = "64 KB is the most that WAF looks into."
  }
}

run "a_rule_only_counts_where_a_reason_is_given" {
  command = plan

  variables {
    counted_rules = {
      NoUserAgent_HEADER   = "Two merchants' clients send no User-Agent"
      AWSManagedIPDDoSList = "A merchant shares an address with a botnet"
    }
  }

  assert {
    condition = toset(flatten([
      for rule in aws_wafv2_web_acl.this.rule : [
        for group in rule.statement[0].managed_rule_group_statement : [
          for override in group.rule_action_override : "${group.name}/${override.name}" if length(override.action_to_use[0].count) == 1
        ]
      ]
      ])) == toset([
      "AWSManagedRulesCommonRuleSet/NoUserAgent_HEADER",
      "AWSManagedRulesAmazonIpReputationList/AWSManagedIPDDoSList",
    ])
    error_message = "Each rule must be overridden in the group that it belongs to, and nowhere else."
  }

  assert {
    condition     = output.counted_rules["NoUserAgent_HEADER"] == "Two merchants' clients send no User-Agent"
    error_message = "The output must tell the reason."
  }
}

run "every_rule_has_metrics_and_a_priority_of_its_own" {
  command = plan

  assert {
    condition     = alltrue([for rule in aws_wafv2_web_acl.this.rule : rule.visibility_config[0].cloudwatch_metrics_enabled && rule.visibility_config[0].metric_name == rule.name])
    error_message = "Each rule must report to CloudWatch under its own name."
  }

  assert {
    condition     = aws_wafv2_web_acl.this.visibility_config[0].cloudwatch_metrics_enabled && aws_wafv2_web_acl.this.visibility_config[0].metric_name == "txn-test"
    error_message = "The web ACL must report to CloudWatch."
  }

  assert {
    condition     = length(distinct([for rule in aws_wafv2_web_acl.this.rule : rule.priority])) == length(aws_wafv2_web_acl.this.rule)
    error_message = "WAF refuses two rules of the same priority."
  }
}

# --- stages ----------------------------------------------------------------------------------------------------------

run "named_stages_are_protected" {
  command = apply

  variables {
    stage_arns = { api = "arn:aws:apigateway:eu-central-1::/restapis/abc123/stages/prod" }
  }

  assert {
    condition     = aws_wafv2_web_acl_association.this["api"].resource_arn == "arn:aws:apigateway:eu-central-1::/restapis/abc123/stages/prod" && aws_wafv2_web_acl_association.this["api"].web_acl_arn == aws_wafv2_web_acl.this.arn
    error_message = "The stage must be associated with this web ACL."
  }
}

# --- logs ------------------------------------------------------------------------------------------------------------

run "logs_go_to_an_encrypted_group_that_waf_accepts" {
  command = apply

  assert {
    condition     = aws_cloudwatch_log_group.this["this"].name == "aws-waf-logs-txn-test" && output.log_group_name == "aws-waf-logs-txn-test"
    error_message = "WAF takes only groups whose name begins with aws-waf-logs-."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this["this"].kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.this["this"].retention_in_days == 365
    error_message = "The group must be encrypted with kms_key_arn and kept for a year unless told otherwise."
  }

  assert {
    condition     = one(aws_wafv2_web_acl_logging_configuration.this["this"].log_destination_configs) == aws_cloudwatch_log_group.this["this"].arn && aws_wafv2_web_acl_logging_configuration.this["this"].resource_arn == aws_wafv2_web_acl.this.arn
    error_message = "The web ACL must log to its group."
  }
}

run "the_retention_of_logs_can_be_set" {
  command = plan

  variables {
    log_retention_days = 30
  }

  assert {
    condition     = aws_cloudwatch_log_group.this["this"].retention_in_days == 30
    error_message = "log_retention_days must be passed on."
  }
}

run "keys_and_tokens_never_reach_the_logs" {
  command = plan

  assert {
    condition     = toset([for field in aws_wafv2_web_acl_logging_configuration.this["this"].redacted_fields : field.single_header[0].name]) == toset(["authorization", "x-api-key"])
    error_message = "authorization and x-api-key must be redacted."
  }
}

run "keys_tokens_and_bodies_never_reach_the_samples_either" {
  command = plan

  assert {
    condition = {
      for protection in aws_wafv2_web_acl.this.data_protection_config[0].data_protection :
      protection.field[0].field_type => join(",", coalesce(protection.field[0].field_keys, [])) if protection.action == "SUBSTITUTION"
    } == { BODY = "", SINGLE_HEADER = "authorization,x-api-key" }
    error_message = "Neither the samples in the console nor what a rule quotes may show the headers or any part of a body."
  }
}

run "further_headers_can_be_redacted" {
  command = plan

  variables {
    further_redacted_headers = ["x-session"]
  }

  assert {
    condition     = toset([for field in aws_wafv2_web_acl_logging_configuration.this["this"].redacted_fields : field.single_header[0].name]) == toset(["authorization", "x-api-key", "x-session"])
    error_message = "Given headers must be redacted besides the two."
  }

  assert {
    condition     = contains(flatten([for protection in aws_wafv2_web_acl.this.data_protection_config[0].data_protection : coalesce(protection.field[0].field_keys, [])]), "x-session")
    error_message = "Given headers must be kept from the samples."
  }
}

run "only_what_a_rule_caught_is_logged" {
  command = plan

  assert {
    condition = (
      aws_wafv2_web_acl_logging_configuration.this["this"].logging_filter[0].default_behavior == "DROP" &&
      one(aws_wafv2_web_acl_logging_configuration.this["this"].logging_filter[0].filter).behavior == "KEEP" &&
      one(aws_wafv2_web_acl_logging_configuration.this["this"].logging_filter[0].filter).requirement == "MEETS_ANY" &&
      toset([
        for condition in one(aws_wafv2_web_acl_logging_configuration.this["this"].logging_filter[0].filter).condition : condition.action_condition[0].action
      ]) == toset(["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"])
    )
    error_message = "Blocked and counted requests must be kept, others dropped."
  }
}

run "allowed_requests_are_logged_where_asked_for" {
  command = plan

  variables {
    log_allowed_requests = true
  }

  assert {
    condition     = length(aws_wafv2_web_acl_logging_configuration.this["this"].logging_filter) == 0
    error_message = "Without a filter WAF logs every request."
  }
}

run "logs_can_be_left_out_where_waf_cannot_log" {
  command = plan

  variables {
    logs_enabled = false
  }

  assert {
    condition     = length(aws_wafv2_web_acl_logging_configuration.this) == 0 && length(aws_cloudwatch_log_group.this) == 0 && output.log_group_name == null
    error_message = "There must be neither a group nor a configuration."
  }
}

# --- alarms ----------------------------------------------------------------------------------------------------------

run "many_blocked_requests_alarm" {
  command = plan

  variables {
    alarms = { blocked_requests = 50 }
  }

  assert {
    condition = (
      output.alarms["blocked-requests"].threshold == 50 && output.alarms["blocked-requests"].period_seconds == 300 &&
      output.alarms["blocked-requests"].metric_name == "BlockedRequests" && output.alarms["blocked-requests"].namespace == "AWS/WAFV2" &&
      output.alarms["blocked-requests"].dimensions == { WebACL = "txn-test", Rule = "ALL", Region = "eu-central-1" }
    )
    error_message = "The alarm must watch all rules of this web ACL in this region."
  }
}

# --- for the root that composes it -----------------------------------------------------------------------------------

run "the_configuration_tells_what_the_web_acl_was_given" {
  command = plan

  assert {
    condition = output.configuration == {
      scope               = "REGIONAL"
      managed_rule_groups = ["AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"]
      requests_per_ip     = 150000
      logs_enabled        = true
    }
    error_message = "Everything must be told as it was given, before it exists."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "a_name_with_a_space_is_refused" {
  command = plan
  variables {
    name = "txn test"
  }
  expect_failures = [var.name]
}

run "an_http_api_is_refused" {
  command = plan
  variables {
    stage_arns = { api = "arn:aws:apigateway:eu-central-1::/apis/abc123/stages/prod" }
  }
  expect_failures = [var.stage_arns]
}

run "a_rate_below_what_waf_can_count_is_refused" {
  command = plan
  variables {
    requests_per_ip = 9
  }
  expect_failures = [var.requests_per_ip]
}

run "a_body_limit_beyond_what_waf_looks_into_is_refused" {
  command = plan
  variables {
    body_limit_bytes = 65537
  }
  expect_failures = [var.body_limit_bytes]
}

run "a_body_limit_of_nothing_is_refused" {
  command = plan
  variables {
    body_limit_bytes = 0
  }
  expect_failures = [var.body_limit_bytes]
}

run "a_misspelt_rule_is_refused" {
  command = plan
  variables {
    counted_rules = { NoUserAgent_Header = "Two merchants' clients send no User-Agent" }
  }
  expect_failures = [var.counted_rules]
}

run "a_rule_that_counts_without_a_reason_is_refused" {
  command = plan
  variables {
    counted_rules = { NoUserAgent_HEADER = "because" }
  }
  expect_failures = [var.counted_rules]
}

run "to_count_the_managed_body_limit_by_hand_is_refused" {
  command = plan
  variables {
    counted_rules = { SizeRestrictions_BODY = "Our bodies are larger than that" }
  }
  expect_failures = [var.counted_rules]
}

run "a_header_in_upper_case_is_refused" {
  command = plan
  variables {
    further_redacted_headers = ["X-Session"]
  }
  expect_failures = [var.further_redacted_headers]
}

run "a_key_that_is_no_key_arn_is_refused" {
  command = plan
  variables {
    kms_key_arn = "alias/txn"
  }
  expect_failures = [var.kms_key_arn]
}

run "a_retention_that_cloudwatch_does_not_offer_is_refused" {
  command = plan
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}

run "a_negative_alarm_threshold_is_refused" {
  command = plan
  variables {
    alarms = { blocked_requests = -1 }
  }
  expect_failures = [var.alarms]
}
