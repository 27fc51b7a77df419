"""What tests lean on: an oracle, generated recordings, a raw client, a real server."""
