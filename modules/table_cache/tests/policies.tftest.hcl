# The real provider computes the JSON of the policies; nothing here reaches AWS.
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "offline"
  secret_key                  = "offline"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name       = "txn-test"
  table_arns = ["arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions"]
  network    = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-data"] }
}

run "the_cluster_reads_the_given_tables_and_their_indexes_and_no_other" {
  command = plan

  assert {
    condition = toset(jsondecode(aws_iam_role_policy.this.policy).Statement[0].Resource) == toset([
      "arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions",
      "arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions/index/*",
    ])
    error_message = "Tables must be named."
  }
}

run "the_cluster_writes_nothing_unless_told_otherwise" {
  command = plan

  assert {
    condition = length(setintersection(jsondecode(aws_iam_role_policy.this.policy).Statement[0].Action, [
      "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem",
    ])) == 0
    error_message = "By default the role must only read."
  }
}

run "the_cluster_can_be_let_write" {
  command = plan

  variables {
    access = "read_write"
  }

  assert {
    condition     = length(setsubtract(["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"], jsondecode(aws_iam_role_policy.this.policy).Statement[0].Action)) == 0
    error_message = "read_write must add the writing actions."
  }
}

run "the_tables_keys_are_used_through_dynamodb_only" {
  command = plan

  variables {
    table_key_arns = ["arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"]
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement[1] == jsondecode(jsonencode({
      Sid       = "ReadWhatTheKeysEncrypt"
      Effect    = "Allow"
      Action    = "kms:Decrypt"
      Resource  = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
      Condition = { StringEquals = { "kms:ViaService" = "dynamodb.eu-west-1.amazonaws.com" } }
    }))
    error_message = "The key must be usable only through DynamoDB."
  }
}

run "without_keys_there_is_no_statement_on_any" {
  command = plan

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.this.policy).Statement) == 1
    error_message = "No key, no statement."
  }
}

run "only_dax_takes_the_role" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Service = "dax.amazonaws.com" }
    error_message = "The role is for DAX."
  }
}
