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
  default_tags {
    tags = merge({ Project = "merchant-api", Environment = var.environment_suffix, ManagedBy = "terraform" }, var.tags)
  }

  region = var.region
}
