terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

# Region and credentials come from the environment, as for every AWS tool (AWS_REGION, AWS_PROFILE, ...).
provider "aws" {
  default_tags {
    tags = merge(
      {
        Project     = var.project
        Environment = terraform.workspace
        ManagedBy   = "terraform"
      },
      var.tags,
    )
  }
}
