"""Review: forecasts that a person has to decide, the decisions, and the cases they become."""
