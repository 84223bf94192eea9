"""Tests of what the comparison makes of its rounds: python3 -B -m unittest discover -s tests -t . beside run.sh."""
