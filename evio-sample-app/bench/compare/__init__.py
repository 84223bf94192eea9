"""The comparison that run.sh starts: servers, loads, rounds, and the report made of them."""
