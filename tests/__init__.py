"""Tests: sentences about what Dialogi does."""
