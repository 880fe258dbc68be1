"""Values to text, for people and for machines; nothing here prints."""
