"""The Invent API over HTTP: the documented routes and no other."""
