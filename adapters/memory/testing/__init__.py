"""What tests of stores need, shipped for everyone: builders of records, and the contract of the port.

`contract.StoreContract` says how another store joins.
"""
