"""What a shell offers when somebody presses Tab."""
