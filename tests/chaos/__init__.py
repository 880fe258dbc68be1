"""The proof of "never twice, never lost": real processes, really killed, and creates counted on the server's side."""
