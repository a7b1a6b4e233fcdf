provider "aws" {
  alias = "good"

  default_tags {
    tags = merge({ Environment = "test", Project = "txn" }, {})
  }
}

provider "aws" {
  alias = "bad_no_owner"

  default_tags {
    tags = { Environment = "test" }
  }
}

provider "aws" {
  alias  = "bad_without"
  region = "eu-west-1"
}

resource "aws_sns_topic" "good" {
  tags_all = { Environment = "test", CostCenter = "fraud" }
}

resource "aws_sns_topic" "bad_no_environment" {
  tags_all = { Project = "txn" }
}

resource "aws_sns_topic" "bad_none" {
  tags_all = {}
}
