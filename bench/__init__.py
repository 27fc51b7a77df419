"""Measures the live engine against references on the same machine; no part of the server."""
