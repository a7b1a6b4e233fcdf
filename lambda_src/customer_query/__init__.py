"""The read side of the API by customer: transactions, a customer's list, what is known about fraud."""
