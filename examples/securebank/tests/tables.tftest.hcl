# Tables: keys, indexes, recovery, copies in other regions.
# The first run applies, so that the others know what is only known then (ARNs).

mock_provider "aws" {
  source = "../mocks"
}

run "transactions_lie_by_customer_and_time" {
  command = apply

  assert {
    condition     = [module.tables["transactions"].configuration.hash_key, module.tables["transactions"].configuration.range_key] == ["customer_id", "timestamp"]
    error_message = "The key must be customer_id and timestamp."
  }

  assert {
    condition     = [for name in ["customer_id", "timestamp"] : module.tables["transactions"].configuration.key_types[name]] == ["S", "S"]
    error_message = "Both must be strings: the timestamp is ISO 8601."
  }
}

run "transactions_are_found_by_id_merchant_and_amount" {
  command = plan

  assert {
    condition     = toset(keys(module.tables["transactions"].index_arns)) == toset(["TransactionIdIndex", "MerchantIndex", "AmountIndex", "received-index"])
    error_message = "The documented indexes must be there, and the list of what waits."
  }

  assert {
    condition     = module.tables["transactions"].configuration.key_types.transaction_id == "S" && module.tables["transactions"].configuration.key_types.merchant_id == "S" && module.tables["transactions"].configuration.key_types.amount == "N"
    error_message = "Ids must be strings, the amount a number."
  }
}

run "customers_ids_and_insights_have_tables_of_their_own" {
  command = plan

  assert {
    condition     = { for key, table in module.tables : key => table.configuration.hash_key if key != "transactions" } == { customers = "customer_id", transaction-ids = "transaction_id", fraud-insights = "bucket" }
    error_message = "The other tables must be keyed by what they are found by."
  }

  assert {
    condition     = alltrue([for key, table in module.tables : table.configuration.range_key == null if key != "transactions"])
    error_message = "They must have one row a key."
  }
}

run "every_table_is_on_demand_encrypted_protected_and_can_be_brought_back" {
  command = plan

  assert {
    condition     = alltrue([for table in module.tables : table.configuration.billing_mode == "PAY_PER_REQUEST" && table.configuration.point_in_time_recovery && table.configuration.deletion_protection && table.configuration.kms_key_arn == output.kms_key_arn])
    error_message = "Each table must be on demand, with point-in-time recovery, protected, and encrypted with the key."
  }
}

run "no_table_is_copied_to_another_region_by_default" {
  command = plan

  assert {
    condition     = alltrue([for table in module.tables : length(table.configuration.replicas) == 0])
    error_message = "A replica must be asked for."
  }
}

run "every_table_can_have_a_copy_in_another_region" {
  command = plan
  variables { replica_regions = { eu-central-1 = { kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555" } } }

  assert {
    condition = alltrue([
      for table in module.tables : table.configuration.replicas == { eu-central-1 = { kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555", point_in_time_recovery = true } }
    ])
    error_message = "Each table must be held by that region, encrypted with a key of its own, with recovery."
  }
}

run "what_still_waits_is_listed_by_keys_alone" {
  command = plan

  assert {
    condition     = module.functions["sweep"].configuration.environment.RECEIVED_INDEX_NAME == "received-index" && contains(keys(module.tables["transactions"].index_arns), "received-index")
    error_message = "sweep must find what waits by an index of the table."
  }
}
