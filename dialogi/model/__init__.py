"""The domain, pure: entities, phases, rules and limits. No Flask, no SQL, no clock of its own."""
