# The documented constraints of the web ACL; it stands alone because its schema is so large that each run takes seconds.

mock_provider "aws" {
  source = "../mocks"
}

run "the_web_acl_has_aws_common_rules" {
  command = plan

  assert {
    condition     = contains(module.firewall.configuration.managed_rule_groups, "AWSManagedRulesCommonRuleSet")
    error_message = "AWS's common rules are documented."
  }
}

run "the_web_acl_has_aws_known_bad_inputs" {
  command = plan

  assert {
    condition     = contains(module.firewall.configuration.managed_rule_groups, "AWSManagedRulesKnownBadInputsRuleSet")
    error_message = "AWS's known bad inputs are documented."
  }
}

run "the_web_acl_has_aws_ip_reputation_list" {
  command = plan

  assert {
    condition     = contains(module.firewall.configuration.managed_rule_groups, "AWSManagedRulesAmazonIpReputationList")
    error_message = "AWS's list of addresses of ill repute is documented."
  }
}

run "the_web_acl_has_a_rate_rule_that_lets_a_client_at_full_rate_pass" {
  command = plan

  assert {
    condition     = module.firewall.configuration.requests_per_ip == 151000 # 500 a second for five minutes, and 1,000 at once
    error_message = "An address may send 151,000 requests in five minutes."
  }
}

run "the_web_acl_is_associated_with_the_stage" {
  command = apply # a plan does not know its ARN

  assert {
    condition     = module.api.configuration.web_acl_arn == module.firewall.arn
    error_message = "The stage must have the web ACL."
  }
}
