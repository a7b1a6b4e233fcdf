data "aws_iam_policy_document" "good" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }

  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "bad_all" {
  statement {
    actions   = ["s3:GetObject", "sqs:*"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "bad_part" {
  statement {
    actions   = ["dynamodb:Batch*"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "bad_all_others" {
  statement {
    not_actions = ["iam:PassRole"]
    resources   = ["*"]
  }
}

data "aws_iam_policy_document" "bad_dynamic" {
  dynamic "statement" {
    for_each = [1]

    content {
      actions   = ["kms:*"]
      resources = ["*"]
    }
  }
}

resource "aws_iam_role_policy" "good" {
  role   = "role"
  policy = "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"},{\"Effect\":\"Deny\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}"
}

resource "aws_iam_role_policy" "bad_all" {
  role   = "role"
  policy = "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:*\"],\"Resource\":\"*\"}}"
}

resource "aws_iam_role_policy" "bad_all_others" {
  role   = "role"
  policy = "{\"Statement\":[{\"Effect\":\"Allow\",\"NotAction\":\"iam:*\",\"Resource\":\"*\"}]}"
}
