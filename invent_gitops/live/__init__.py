"""What Invent shows: drift, status, what the outcome of an attempt was, and what no record holds."""
