"""The ledger: who said what when, signed, in one order, so that nothing can be changed or left out unseen."""
