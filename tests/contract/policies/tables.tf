resource "aws_dynamodb_table" "good" {
  name = "good"

  point_in_time_recovery {
    enabled = true
  }

  replica {
    region_name            = "eu-west-1"
    point_in_time_recovery = true
  }
}

resource "aws_dynamodb_table" "good_written_out" {
  name = "good"

  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = 35
  }
}

resource "aws_dynamodb_table" "bad_off" {
  name = "bad"

  point_in_time_recovery {
    enabled = false
  }
}

resource "aws_dynamodb_table" "bad_without" {
  name = "bad"
}

resource "aws_dynamodb_table" "bad_short" {
  name = "bad"

  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = 7
  }
}

resource "aws_dynamodb_table" "bad_replica" {
  name = "bad"

  point_in_time_recovery {
    enabled = true
  }

  replica {
    region_name = "eu-west-1"
  }
}
