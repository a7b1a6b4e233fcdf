terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

# Credentials come from the environment, as for every AWS tool; the region is this system's own.
provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}
