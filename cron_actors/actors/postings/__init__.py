"""What the ledger does with each kind of mail, inside one transaction."""
